from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Play, StartPlaybook

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - orders.deploy.command_stream:
        argv: [sh, -c, "{script}"]
      environment:
        FOLDER: "{{{{ playbook_dir }}}}"
"""


def test_each_line_is_shown_as_it_is_printed(tmp_path: Path, start_playbook: StartPlaybook) -> None:
    process = start_playbook(
        PLAYBOOK.format(script="echo 7 sent; until [ -e $FOLDER/seen ]; do sleep 0.05; done; echo all")
    )

    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if line == "  7 sent\n":
            (tmp_path / "seen").touch()  # otherwise the command does not end

    assert "  all\n" in shown
    assert process.wait() == 0


def test_a_failing_command_fails_the_task_with_its_standard_error(play: Play) -> None:
    played = play(PLAYBOOK.format(script="echo it is closed >&2; exit 3"))

    assert played.status == 2
    assert "it is closed" in played.output
    assert "rc: 3" in played.output


def test_a_command_runs_in_the_given_directory(tmp_path: Path, play: Play) -> None:
    (tmp_path / "there").mkdir()
    playbook = PLAYBOOK.format(script="pwd").replace("argv:", 'chdir: "{{ playbook_dir }}/there"\n        argv:')

    assert f"  {tmp_path}/there\n" in play(playbook).output


def test_check_mode_runs_nothing(play: Play) -> None:
    played = play(PLAYBOOK.format(script="echo it ran"), "--check")

    assert (played.status, "it ran" in played.output) == (0, False)


def wait_for(file: Path) -> None:
    give_up = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_an_interrupted_playbook_interrupts_the_command(tmp_path: Path, start_playbook: StartPlaybook) -> None:
    # It prints nothing: Ansible can hang if a worker is stopped while it passes on a line.
    script = "trap 'touch $FOLDER/tidied; exit' INT TERM; touch $FOLDER/begun; while true; do sleep 0.05; done"
    process = start_playbook(PLAYBOOK.format(script=script))

    wait_for(tmp_path / "begun")
    process.send_signal(signal.SIGINT)

    wait_for(tmp_path / "tidied")
