"""Run many roles or tasks in one playbook, as starting Ansible takes most of the time; return the outcome of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# The message of the failed task, or the messages of its failed items.
FAILED = """{{ ansible_failed_result.results | default([ansible_failed_result])
    | map(attribute='msg', default='') | join(' ') }}"""


def task_run(task: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return a block that runs a task with these variables."""
    return {
        "vars": variables,
        "block": [task, {"set_fact": {"__message": "went on"}}],
        "rescue": [{"set_fact": {"__message": FAILED}}],
    }


def role_run(role: str, environment: dict[str, str], **variables: object) -> dict[str, Any]:
    """Return a block that runs a role with these environment variables, which are also `aws_environment`."""
    run = task_run({"include_role": {"name": role}}, {"aws_environment": environment} | variables)
    return {"environment": environment} | run


def command(directory: Path, runs: dict[str, Any], inventory: str = "aws") -> list[str]:
    """Write a playbook of runs, which continues after a failed one, and return the command that runs it."""
    tasks: list[dict[str, Any]] = []
    for name, block in runs.items():
        outcomes = "{{ __outcomes | default({}) | combine({'" + name + "': __message}) }}"
        tasks += [block, {"set_fact": {"__outcomes": outcomes}}]
    tasks.append(
        {"copy": {"content": "{{ __outcomes | to_json }}", "dest": f"{directory}/outcomes.json", "mode": "0644"}}
    )
    (directory / "playbook.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    program = Path(sys.executable).with_name("ansible-playbook")
    return [str(program), f"{directory}/playbook.yml", f"--inventory={ROOT}/inventories/{inventory}"]


def clean_environment(directory: Path) -> dict[str, str]:
    """Return environment variables without credentials and settings of AWS, Ansible and Docker."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_", "DOCKER_"))}
    return kept | {"HOME": str(directory), "ANSIBLE_HOME": f"{directory}/ansible"}


def outcomes_of(runs: dict[str, Any], directory: Path, inventory: str = "aws") -> dict[str, str]:
    """Run them; return the message of each, or ``went on``, and as ``output`` the output of Ansible."""
    output = directory / "output"
    with output.open("w") as file:
        run = subprocess.run(  # noqa: S603  # built above
            command(directory, runs, inventory),
            cwd=ROOT,
            env=clean_environment(directory),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert run.returncode == 0, output.read_text()
    found: dict[str, str] = json.loads((directory / "outcomes.json").read_text())
    return found | {"output": output.read_text()}
