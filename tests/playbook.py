"""Run playbooks as a user does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]

# What a deployment changes for an edited processor.
NEW_IMAGE = ["image : Build the image [part-processor]", "image : Push the image [part-images]"]
NEW_TASK = [
    "service : Create or update the service [part-processor]",
    "service : Register the task definition [part-processor]",
]


class Play(NamedTuple):
    """The result of a playbook: exit status, output, and the sorted names of the tasks that changed something."""

    status: int
    output: str
    changed: list[str]


def play(  # noqa: PLR0913  # options, by name
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    root: Path = ROOT,
    program: str = "ansible-playbook",
    kill_at: str = "",
    kill_with: signal.Signals = signal.SIGKILL,
) -> Play:
    """Run ``ansible-playbook``, or another program, with these arguments; kill it when it starts the task ``kill_at``.

    ``root`` is the checkout whose playbooks run.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(  # noqa: S603  # the tests build the command
        [str(Path(sys.executable).with_name(program)), *command],
        cwd=root,
        # Eight hours behind UTC, so that a local time taken for UTC fails the tests.
        env={
            **inherited,
            **environment,
            "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
            "PYTHONUNBUFFERED": "1",
            # Otherwise Ansible prints the name of a task with its first result, which is too late to kill it.
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true",
            "TZ": "PST8",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # to kill its children too
    )
    lines = []
    with process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line)
                if kill_at and line.startswith(f"TASK [{kill_at}]"):
                    os.killpg(process.pid, kill_with)
        except BaseException:  # in a session of its own, it gets no Ctrl-C
            process.terminate()
            process.wait()
            raise
    output = "".join(lines)
    sys.stdout.write(output)  # pytest shows it if a test fails
    return Play(process.returncode, output, changed_tasks(output))


def has_snapshots(root: Path) -> bool:
    """Whether a checkout has the role snapshot: an earlier one refuses its variable."""
    return (root / "roles/snapshot").is_dir()


def retried_tasks(output: str) -> set[str]:
    """Return the names of the tasks that failed and were tried again, as `changed_tasks` names them."""
    retries = re.findall(r"FAILED - RETRYING: (\[.*?\]): (.*) \(\d+ retries left\)", output)
    return {task if host == "[localhost]" else f"{task} {host}" for host, task in retries}


def changed_tasks(output: str) -> list[str]:
    """Return the sorted names of the tasks that changed something, from the output of Ansible.

    The name of a host other than this computer, such as a part of the deployment, follows in brackets.
    """
    changed = set()
    task = ""
    for line in output.splitlines():
        if header := re.match(r"TASK \[(.*)\] \*", line):
            task = header[1]
        elif host := re.match(r"changed: (\[.*?\])", line):
            changed.add(task if host[1] == "[localhost]" else f"{task} {host[1]}")
    return sorted(changed)
