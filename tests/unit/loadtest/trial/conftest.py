"""Shared fixtures: a stand-in for `ansible-playbook`, and the plan of a trial."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from loadtest.trial.plan import Plan
from loadtest.trial.trial import Playbooks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Each run of a playbook takes the next of its behaviours; the last one is for all further runs.
PROGRAM = """#!{python}
import json, os, pathlib, signal, subprocess, sys, time
here = pathlib.Path(__file__).parent
playbook = pathlib.Path(sys.argv[1]).stem
variables = json.loads(sys.argv[-1]) if sys.argv[-2] == "--extra-vars" else {{}}
playbook = variables.get("load_test_scenario", playbook)
calls = here / "calls"
earlier = calls.read_text().split() if calls.exists() else []
with calls.open("a") as file:
    file.write(playbook + "\\n")
behaviours = json.loads((here / "behaviours.json").read_text()).get(playbook, ["succeed"])
behaviour = behaviours[min(earlier.count(playbook), len(behaviours) - 1)]
print(f"{{playbook}}: {{behaviour}}", flush=True)
records = pathlib.Path(os.environ["TASK_RECORDS_DIRECTORY"])
records.mkdir(parents=True)
if playbook == "aws_trial":
    pathlib.Path(variables["trial_plan_file"]).write_text((here / "plan.json").read_text())
if behaviour == "hang":  # with a worker in a session of its own, as Ansible has; both ignore an interruption
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (here / "worker").write_text(str(worker.pid))
if behaviour in ("hang", "wait"):
    (here / f"{{playbook}}-begun").touch()
    while not (here / f"{{playbook}}-may-end").exists():
        time.sleep(0.02)
if behaviour == "fail":
    task = {{"began": 0, "seconds": 0, "role": None, "task": "Check that nothing is left", "host": "localhost"}}
    record = {{**task, "outcome": "failed", "message": "Resources of orders are left", "errors": []}}
    (records / "tasks.jsonl").write_text(json.dumps(record) + "\\n{{cut off")
    remaining = {{"resources": {{"vpcs": ["vpc-1"]}}, "denied": {{}}}}
    (records / "stats.json").write_text(json.dumps({{"remaining": remaining}}))
    sys.exit(2)
"""


class Ansible:
    """A stand-in for `ansible-playbook`, which behaves as a test says, beside a Python that finds it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = directory / "ansible-playbook"
        self.program.write_text(PROGRAM.format(python=sys.executable))
        self.program.chmod(0o755)
        self.python = directory / "python"
        self.python.symlink_to(sys.executable)
        self.behave()

    def behave(self, **behaviours: list[str]) -> None:
        """Set the behaviours of the runs of each playbook: succeed, fail, wait (until told) or hang."""
        (self.directory / "behaviours.json").write_text(json.dumps(behaviours))

    @property
    def calls(self) -> list[str]:
        """The playbooks that were run, and the scenarios of load tests."""
        return (self.directory / "calls").read_text().split()

    def wait_for(self, playbook: str) -> None:
        """Wait until a playbook that waits or hangs has begun."""
        wait_until((self.directory / f"{playbook}-begun").exists)

    def end(self, playbook: str) -> None:
        """Let a playbook that waits end."""
        (self.directory / f"{playbook}-may-end").touch()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def plan() -> Plan:
    """The plan of a trial of two hours."""
    return Plan(
        project="orders",
        region="us-west-2",
        account="123456789012",
        caller="arn:aws:iam::123456789012:user/alice",
        url="",
        names=["orders", "aws", "api", "processor"],
        hours=2,
        dollars_per_hour=0.14,
        versions={"docker": "28.0.0"},
    )


@pytest.fixture
def ansible(tmp_path: Path, plan: Plan) -> Ansible:
    """A stand-in for `ansible-playbook`."""
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "plan.json").write_bytes(msgspec.json.encode(plan))
    return Ansible(directory)


@pytest.fixture
def playbooks(tmp_path: Path, ansible: Ansible) -> Playbooks:
    """The playbooks of a trial, played by the stand-in."""
    (tmp_path / "trial").mkdir()
    return Playbooks(
        program=str(ansible.program),
        checkout=tmp_path,
        directory=tmp_path / "trial",
        arguments=["-i", "inventories/aws", "-e", '{"workers": 50}'],
    )
