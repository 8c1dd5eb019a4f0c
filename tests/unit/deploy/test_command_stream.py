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
            (tmp_path / "seen").touch()  # without this, the program goes on for ever

    assert "  all\n" in shown
    assert process.wait() == 0


def test_a_program_that_fails_fails_the_task_with_its_own_words(play: Play) -> None:
    played = play(PLAYBOOK.format(script="echo it is closed >&2; exit 3"))

    assert played.status == 2
    assert "it is closed" in played.output
    assert "rc: 3" in played.output


def test_a_program_runs_where_it_is_told_to(tmp_path: Path, play: Play) -> None:
    (tmp_path / "there").mkdir()
    playbook = PLAYBOOK.format(script="pwd").replace("argv:", 'chdir: "{{ playbook_dir }}/there"\n        argv:')

    assert f"  {tmp_path}/there\n" in play(playbook).output


def test_in_check_mode_nothing_is_run(play: Play) -> None:
    played = play(PLAYBOOK.format(script="echo it ran"), "--check")

    assert (played.status, "it ran" in played.output) == (0, False)


def test_the_program_hears_of_an_interrupted_playbook(tmp_path: Path, start_playbook: StartPlaybook) -> None:
    script = "trap 'touch $FOLDER/tidied; exit' INT TERM; echo begun; while true; do sleep 0.05; done"
    process = start_playbook(PLAYBOOK.format(script=script))

    assert process.stdout is not None
    for line in process.stdout:
        if line == "  begun\n":
            process.send_signal(signal.SIGINT)

    give_up = time.monotonic() + 10
    while not (tmp_path / "tidied").exists():
        assert time.monotonic() < give_up
        time.sleep(0.05)
