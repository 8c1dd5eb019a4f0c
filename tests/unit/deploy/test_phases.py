from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Play, StartPlaybook

CHANGE = "ansible.builtin.debug:\n      changed_when: true"


@pytest.fixture
def show(play: Play) -> Play:
    """Run a playbook with the callback."""
    return partial(play, ANSIBLE_STDOUT_CALLBACK="orders.deploy.phases")


def tasks(text: str, name: str = "Deploy") -> str:
    """Return a play with these tasks."""
    return f"- name: {name}\n  hosts: localhost\n  gather_facts: false\n  tasks:\n{text}\n"


def without_seconds(output: str) -> list[str]:
    return [re.sub(r"\d+ s", "N s", re.sub(r"^ +\d+:\d\d  ", "", line)) for line in output.splitlines()]


def test_a_phase_is_a_line_and_what_it_changed_another(show: Play) -> None:
    played = show(
        tasks("    - ansible.builtin.command: 'true'\n      changed_when: false", "Check")
        + tasks(
            f"    - name: Create {{{{ 1 + 1 }}}} queues\n      {CHANGE}\n    - name: Create a topic\n      {CHANGE}"
        )
        + tasks("    - ansible.builtin.meta: noop", "Prune")
    )

    assert without_seconds(played.output) == [
        "Check",
        "Deploy",
        "  N s, 2 changes: Create 2 queues, Create a topic",
        "Prune",
        "Done, 2 changes",
    ]


def test_a_phase_without_hosts_is_not_shown(show: Play) -> None:
    skipped = tasks("    - ansible.builtin.meta: noop", "Create").replace("localhost", "localhost:!localhost")

    played = show(skipped + tasks(f"    - name: Tag it\n      {CHANGE}"))

    assert without_seconds(played.output) == ["Deploy", "  N s, 1 change: Tag it", "Done, 1 change"]


def test_many_changes_are_counted_by_role(tmp_path: Path, show: Play) -> None:
    (tmp_path / "roles/network/tasks").mkdir(parents=True)
    (tmp_path / "roles/network/tasks/main.yml").write_text(
        f"- name: {'Create ' * 20}\n  {CHANGE}\n".replace("    ", "")
    )
    role = "    - ansible.builtin.include_role: {name: network}\n"

    played = show(tasks(role + role + f"    - name: Tag it\n      {CHANGE}"))

    assert "  N s, 3 changes: network 2, the play 1" in without_seconds(played.output)


def test_check_mode_names_every_change_and_makes_none(show: Play) -> None:
    names = [f"Create the resource number {number}" for number in range(20)]

    played = show(tasks("\n".join(f"    - name: {name}\n      {CHANGE}" for name in names)), "--check")

    text = " ".join(played.output.split())
    assert [name for name in names if name not in text] == []
    assert text.endswith("Done, 20 changes in check mode")


def test_a_diff_is_shown(tmp_path: Path, show: Play) -> None:
    played = show(tasks(f"    - copy: {{content: new, dest: {tmp_path}/file}}"), "--diff")

    assert "+new" in played.output


def test_what_is_for_the_reader_is_shown_as_it_is(show: Play) -> None:
    texts = [
        "orders.deploy.print_text: {text: Of print_text}",
        "ansible.builtin.debug: {msg: Of debug}",
        "ansible.builtin.assert: {that: true, success_msg: Of assert}",
        "ansible.builtin.debug: {msg: {a table: 3}}",
    ]

    played = show(tasks("\n".join(f"    - {text}" for text in texts)))

    lines = played.output.splitlines()
    assert [text for text in ("Of print_text", "Of debug", "Of assert") if text not in lines] == []
    assert "a table: 3" in played.output


def test_a_printed_text_at_the_end_stays_the_last_line(show: Play) -> None:
    text = "    - orders.deploy.print_text: {text: The report is in results}\n"

    played = show(tasks(f"    - name: Load\n      {CHANGE}\n" + text + "    - ansible.builtin.meta: noop"))

    assert played.output.splitlines()[-1] == "The report is in results"


def test_a_warning_is_shown(show: Play) -> None:
    played = show(tasks("    - ansible.builtin.command: {cmd: 'true', warn_of: me}\n      ignore_errors: true"))

    assert "warn_of" in played.output


def test_the_last_lines_are_what_failed_and_why(show: Play) -> None:
    failing = '    - name: Build {{ 1 + 1 }} images\n      ansible.builtin.fail: {msg: "No engine.\\nStart Docker."}'

    played = show(tasks(failing) + tasks(f"    - {CHANGE}", "Never"))

    assert played.status == 2
    assert without_seconds(played.output)[-4:] == [
        "Failed",
        "Build 2 images [localhost]:",
        "No engine.",
        "Start Docker.",
    ]


def test_the_last_line_of_a_failed_command_is_the_last_of_its_errors(show: Play) -> None:
    played = show(
        tasks("""    - ansible.builtin.command: sh -c 'echo some; echo first >&2; echo "the reason" >&2; exit 3'""")
    )

    assert played.output.splitlines()[-1] == "the reason"
    assert "stdout: some" in played.output
    assert "first" in played.output


def test_each_failed_item_of_a_loop_has_its_reason(show: Play) -> None:
    failing = "    - ansible.builtin.fail: {msg: 'port {{ item }} in use'}\n      when: item > 1\n      loop: [1, 2, 3]"

    played = show(tasks(failing))

    assert played.output.splitlines()[-2:] == ["port 2 in use", "port 3 in use"]


def test_a_host_that_cannot_be_reached_is_the_last_line(show: Play) -> None:
    played = show(
        "- name: Load\n  hosts: loadgen\n  gather_facts: false\n  tasks:\n    - ansible.builtin.ping:\n",
        "--inventory=loadgen,",
        "--extra-vars=ansible_connection=ssh ansible_ssh_executable=/nonexistent",
    )

    assert played.status != 0
    assert "Failed" in without_seconds(played.output)
    assert "/nonexistent" in played.output.splitlines()[-1]


def test_failures_that_do_not_end_the_playbook_are_shown_but_not_at_the_end(show: Play) -> None:
    played = show(
        tasks(
            "    - ansible.builtin.fail: {msg: was ignored}\n      ignore_errors: true\n"
            "    - block:\n        - ansible.builtin.fail: {msg: was rescued}\n"
            "      rescue:\n        - ansible.builtin.meta: noop\n        - ansible.builtin.debug: {msg: rescued}"
        )
    )

    assert played.status == 0
    assert "msg: was ignored" in played.output
    assert "msg: was rescued" in played.output
    assert without_seconds(played.output)[-1] == "Done, no changes"


def test_what_no_log_hides_is_not_shown(show: Play) -> None:
    hidden = "    - ansible.builtin.command: sh -c 'echo {{ word }} >&2; exit 3'\n      no_log: true"

    played = show(tasks(hidden), "--extra-vars=word=secret")

    assert "secret" not in played.output
    assert "no_log" in played.output.splitlines()[-1]


def test_control_characters_of_a_message_are_visible(show: Play) -> None:
    played = show(
        tasks(
            "\n".join(f'    - ansible.builtin.{action}: {{msg: "\\e[31mof {action}"}}' for action in ("debug", "fail"))
        )
    )

    lines = played.output.splitlines()
    assert "\\x1b[31mof debug" in lines
    assert "\\x1b[31mof fail" in lines


def test_with_v_the_output_is_that_of_ansible(show: Play, play: Play) -> None:
    playbook = tasks("    - ansible.builtin.set_fact: {a: 1}")

    assert show(playbook, "-v").output == play(playbook, "-v").output


def test_a_task_that_lasts_is_shown_while_it_does(tmp_path: Path, start_playbook: StartPlaybook) -> None:
    (tmp_path / "impatient.py").write_text(
        "from ansible_collections.orders.deploy.plugins.callback import phases\n"
        "phases.SILENCE_SECONDS = 0.05\n"
        "DOCUMENTATION, CallbackModule = phases.DOCUMENTATION, phases.CallbackModule\n"
    )
    wait = "ansible.builtin.wait_for: {path: '{{ playbook_dir }}/seen', timeout: 20}"
    process = start_playbook(
        tasks(f"    - name: Build the image\n      {wait}"),
        ANSIBLE_STDOUT_CALLBACK="impatient",
        ANSIBLE_CALLBACK_PLUGINS=str(tmp_path),
    )

    output = ""
    assert process.stdout is not None
    for line in process.stdout:
        output += line
        if output.count("  Build the image ...") == 2:
            (tmp_path / "seen").touch()  # otherwise the task fails

    assert process.wait() == 0
