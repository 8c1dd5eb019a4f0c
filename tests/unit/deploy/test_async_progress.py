from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import Play, StartPlaybook

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Work in the background
      ansible.builtin.command:
        argv: [sh, -c, {script}]
        chdir: "{{{{ playbook_dir }}}}"
      async: 20
      poll: 0
      register: work

    - name: Follow it
      orders.deploy.async_progress:
        jid: "{{{{ work.ansible_job_id }}}}"
        remote_files: ["{{{{ playbook_dir }}}}/sent.txt", "{{{{ playbook_dir }}}}/missing.txt"]
        local_files: ["{{{{ playbook_dir }}}}/waiting.txt", "{{{{ playbook_dir }}}}/missing.txt"]
        interval: 0.1
      register: followed

    - ansible.builtin.debug:
        msg: "printed {{{{ followed.stdout }}}}, changed {{{{ followed.changed }}}}"
"""


def test_progress_is_shown_while_the_work_goes_on(tmp_path: Path, start_playbook: StartPlaybook) -> None:
    script = "echo 7 sent > sent.txt; echo 3 wait > waiting.txt; until [ -e seen ]; do sleep 0.05; done; echo 'all'"
    process = start_playbook(PLAYBOOK.format(script=f'"{script}"'))

    output = ""
    assert process.stdout is not None
    for line in process.stdout:
        output += line
        if line == "  7 sent · 3 wait\n":
            (tmp_path / "seen").touch()  # otherwise the work goes on until Ansible stops it, which fails the task

    assert output.count("7 sent · 3 wait") == 1
    assert "printed all, changed False" in output
    assert process.wait() == 0


def test_work_that_fails_fails_the_task(play: Play) -> None:
    played = play(PLAYBOOK.format(script="exit 3"))

    assert played.status == 2
    assert "rc: 3" in played.output.partition("TASK [Follow it]")[2]


def test_an_unknown_job_fails_the_task(play: Play) -> None:
    played = play("""
- hosts: localhost
  gather_facts: false
  tasks:
    - orders.deploy.async_progress:
        jid: j1.1
        interval: 0.1
""")

    assert played.status == 2
    assert "could not find job" in played.output
