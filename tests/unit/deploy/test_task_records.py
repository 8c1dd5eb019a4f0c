from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.unit.conftest import Play, StartPlaybook

THROTTLED = (
    "An error occurred (ThrottlingException) when calling the CreateCluster operation (reached max retries: 4): "
    "Rate exceeded"
)
DENIED = "An error occurred (AccessDenied) when calling the ListRoles operation: Not authorized"
PLAYBOOK = f"""
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Succeed
      ansible.builtin.debug:
        msg: {{"roles": "{DENIED}"}}
    - name: Change
      ansible.builtin.debug:
      changed_when: true
    - name: Skip
      ansible.builtin.debug:
      when: false
    - name: Try again
      ansible.builtin.command:
        argv: [sh, -c, "printenv ERROR >&2; exit 3"]
      environment:
        ERROR: "{THROTTLED}"
      register: tried
      until: tried is success
      retries: 1
      delay: 0
      ignore_errors: true
    - name: Publish
      ansible.builtin.set_stats:
        data:
          left: [vpc-1]
    - name: Loop
      ansible.builtin.assert:
        that: item == 1
        fail_msg: "{{{{ item }}}} is wrong"
      loop: [1, 2]
"""


def tasks(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "tasks.jsonl").read_text().splitlines()]


def test_each_task_is_recorded(tmp_path: Path, play: Play) -> None:
    began = time.time() - 1

    play(PLAYBOOK, TASK_RECORDS_DIRECTORY=f"{tmp_path}/records")

    recorded = tasks(tmp_path / "records")
    assert [(each["task"], each["outcome"]) for each in recorded] == [
        ("Succeed", "ok"),
        ("Change", "changed"),
        ("Try again", "retried"),
        ("Try again", "ignored"),
        ("Publish", "ok"),
        ("Loop", "failed"),
    ]
    assert {each["host"] for each in recorded} == {"localhost"}
    assert all(began < each["began"] <= each["began"] + each["seconds"] <= time.time() for each in recorded)
    assert "2 is wrong" in recorded[-1]["message"]
    throttled = {"code": "ThrottlingException", "operation": "CreateCluster", "message": "Rate exceeded"}
    assert [each["errors"] for each in recorded] == [
        [{"code": "AccessDenied", "operation": "ListRoles", "message": "Not authorized"}],
        *([], [throttled], [throttled], [], []),
    ]
    assert json.loads((tmp_path / "records/stats.json").read_text()) == {"left": ["vpc-1"]}


def test_nothing_is_recorded_without_a_directory(tmp_path: Path, play: Play) -> None:
    played = play(PLAYBOOK)

    assert "TASK [Loop]" in played.output
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == ["playbook.yml"]


WAITING = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: End
      ansible.builtin.debug:
    - name: Wait
      ansible.builtin.wait_for:
        path: /nonexistent
"""


def test_a_playbook_that_is_killed_has_recorded_what_ended(tmp_path: Path, start_playbook: StartPlaybook) -> None:
    process = start_playbook(WAITING, TASK_RECORDS_DIRECTORY=f"{tmp_path}/records")
    file = tmp_path / "records/tasks.jsonl"
    deadline = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert [each["task"] for each in tasks(tmp_path / "records")] == ["End"]


@pytest.mark.parametrize("text", ["An error occurred", "An error occurred (x)", "no error occurred at all"])
def test_other_texts_are_no_errors(source: ModuleType, text: str) -> None:
    assert source.aws_errors({"msg": [text]}) == []
