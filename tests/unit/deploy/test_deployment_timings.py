from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.unit.conftest import Play

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles: [network, cluster]
  post_tasks:
    - ansible.builtin.set_stats:
        data: {data}
"""
CHANGE = "- name: Create\n  ansible.builtin.debug:\n  changed_when: true\n"
FAIL = "- ansible.builtin.fail:\n"


def add_roles(folder: Path, **tasks: str) -> None:
    for name, text in tasks.items():
        (folder / "roles" / name / "tasks").mkdir(parents=True)
        (folder / "roles" / name / "tasks/main.yml").write_text(text)


def test_a_deployment_writes_what_its_roles_took(tmp_path: Path, play: Play) -> None:
    add_roles(tmp_path, network=CHANGE + CHANGE, cluster=CHANGE)
    file = tmp_path / "results/deployments/1.json"
    before = datetime.now(UTC).replace(microsecond=0)

    play(PLAYBOOK.format(data={"deployment_timings_file": str(file)}))

    timings: dict[str, Any] = json.loads(file.read_text())
    assert list(timings) == [
        "started_at",
        "total_seconds",
        "roles",
        "spans",
        "wait_seconds",
        "changed",
        "changed_tasks",
    ]
    assert before <= datetime.fromisoformat(timings["started_at"]) <= datetime.now(UTC)
    assert list(timings["roles"]) == ["network", "cluster"]
    assert 0 < sum(timings["roles"].values()) < timings["total_seconds"]
    assert timings["changed"] == 3
    assert timings["changed_tasks"] == ["cluster : Create", "network : Create"]


@pytest.mark.parametrize(
    ("cluster", "data"),
    [
        pytest.param(FAIL, {"deployment_timings_file": "{{ playbook_dir }}/timings.json"}, id="failed"),
        pytest.param(CHANGE, {"something_else": 1}, id="names no file"),
    ],
)
def test_other_runs_write_nothing(tmp_path: Path, play: Play, cluster: str, data: dict[str, object]) -> None:
    add_roles(tmp_path, network=CHANGE, cluster=cluster)

    played = play(PLAYBOOK.format(data=data))

    assert "TASK [cluster :" in played.output
    assert list(tmp_path.glob("*.json")) == []


def test_tasks_with_the_tag_are_waits_wherever_it_is_set(tmp_path: Path, play: Play) -> None:
    sleep = "- ansible.builtin.command: sleep 0.5\n"
    include = "- ansible.builtin.include_tasks: sleep.yml\n"
    add_roles(tmp_path, network=sleep, service=include, smoke_order=include)
    (tmp_path / "roles/service/tasks/sleep.yml").write_text(sleep + "  tags: [wait]\n")
    (tmp_path / "roles/smoke_order/tasks/sleep.yml").write_text(sleep)
    file = tmp_path / "timings.json"
    roles = "[network, service, {role: smoke_order, tags: [wait]}]"

    play(PLAYBOOK.format(data={"deployment_timings_file": str(file)}).replace("[network, cluster]", roles))

    timings = json.loads(file.read_text())
    assert timings["roles"]["smoke_order"] + 0.5 < timings["wait_seconds"]
    assert timings["wait_seconds"] < sum(timings["roles"].values()) - 0.5


def test_a_role_takes_the_time_of_its_tasks_on_each_host(
    source: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0)
    monkeypatch.setattr(source, "time", SimpleNamespace(monotonic=lambda: clock.now))
    timings = source.CallbackModule()
    timings.v2_playbook_on_start(None)
    tasks = [
        ("a", 1, 2, "network", []),
        ("a", 3, 4, "service", []),
        ("b", 3, 9, "service", ["wait"]),
        ("a", 4, 6, "service", ["steady", "wait"]),
        ("a", 6, 10, None, []),
        ("a", 10, 11, "network", []),
        ("a", 12, 15, "smoke_order", ["wait"]),
    ]
    events = sorted(
        [(began, 1, task) for task in tasks for began in [task[1]]] + [(task[2], 0, task) for task in tasks]
    )
    for now, starts, (name, _, _, role, tags) in events:
        clock.now = now
        owner = SimpleNamespace(get_name=lambda role=role: role) if role else None
        host, task = SimpleNamespace(get_name=lambda name=name: name), SimpleNamespace(_role=owner, tags=tags)
        if starts:
            timings.v2_runner_on_start(host, task)
        else:
            timings.v2_runner_on_ok(SimpleNamespace(host=host, task=task, result={}))

    file = tmp_path / "timings.json"
    timings.v2_playbook_on_stats(SimpleNamespace(custom={"_run": {"deployment_timings_file": file}}, changed={}))

    written = json.loads(file.read_text())
    assert written["total_seconds"] == 15
    assert written["roles"] == {"network": 2, "service": 9, "smoke_order": 3}
    assert written["spans"] == [
        {"role": "network", "started": 1, "seconds": 1},
        {"role": "service", "started": 3, "seconds": 3},
        {"role": "service", "started": 3, "seconds": 6},
        {"role": "network", "started": 10, "seconds": 1},
        {"role": "smoke_order", "started": 12, "seconds": 3},
    ]
    assert written["wait_seconds"] == 9
