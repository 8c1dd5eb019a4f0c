"""Attempts to run roles, many in one run of Ansible, which takes longer to start than to make them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# What a task said that failed, or those of its items that did.
FAILED = """{{ ansible_failed_result.results | default([ansible_failed_result])
    | map(attribute='msg', default='') | join(' ') }}"""


def attempt(role: str, environment: dict[str, str], **variables: object) -> dict[str, Any]:
    """Describe an attempt to run a role, in an environment that is the inventory's as well."""
    return {
        "environment": environment,
        "vars": {"aws_environment": environment} | variables,
        "block": [{"include_role": {"name": role}}, {"set_fact": {"__message": "went on"}}],
        "rescue": [{"set_fact": {"__message": FAILED}}],
    }


def command(folder: Path, attempts: dict[str, Any]) -> list[str]:
    """Write a playbook of attempts, none of which ends the others, and say how to run it."""
    tasks: list[dict[str, Any]] = []
    for name, block in attempts.items():
        outcomes = "{{ __outcomes | default({}) | combine({'" + name + "': __message}) }}"
        tasks += [block, {"set_fact": {"__outcomes": outcomes}}]
    tasks.append({"copy": {"content": "{{ __outcomes | to_json }}", "dest": f"{folder}/outcomes.json", "mode": "0644"}})
    (folder / "playbook.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    program = Path(sys.executable).with_name("ansible-playbook")
    return [str(program), f"{folder}/playbook.yml", f"--inventory={ROOT}/inventories/aws"]


def clean_environment(folder: Path) -> dict[str, str]:
    """Return the environment of somebody without any credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_", "DOCKER_"))}
    return kept | {"HOME": str(folder), "ANSIBLE_HOME": f"{folder}/ansible"}


def outcomes_of(attempts: dict[str, Any], folder: Path) -> dict[str, str]:
    """Make the attempts, and return what each ended with; as ``output``, what Ansible printed."""
    output = folder / "output"
    with output.open("w") as file:
        run = subprocess.run(  # noqa: S603  # our own command
            command(folder, attempts),
            cwd=ROOT,
            env=clean_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert run.returncode == 0, output.read_text()
    found: dict[str, str] = json.loads((folder / "outcomes.json").read_text())
    return found | {"output": output.read_text()}
