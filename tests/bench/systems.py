"""What the bench deploys: checkouts of this project, on emulators or on moto, and the reference's stack."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from habits.proxy import count, delay, reverse_proxy
from tests.bench.measurements import BenchError, Measurement, System, with_timings
from tests.conftest import copy_build_context
from tests.end_to_end.conftest import Deployment
from tests.playbook import has_snapshots
from tests.rehearsal.conftest import REGION, SECRET, StandIn, ministack, moto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.playbook import Play

# In the images of all services.
SHARED_SOURCE = "services/src/orders/__init__.py"
# How long a call takes to another continent and back.
DELAY_SECONDS = 0.08
# Who may assume the role of the reference's tasks.
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def described(root: Path) -> tuple[str, str]:
    """Return the commit of a checkout, with ``-dirty`` if files differ from it, and its subject."""

    def git(*arguments: str) -> str:
        return subprocess.check_output(["git", "-C", str(root), *arguments], text=True).strip()  # noqa: S603, S607  # built here

    return git("describe", "--always", "--dirty", "--exclude", "*"), git("log", "-1", "--format=%s")


def measured(playbook: str, play: Callable[[], Play], results: Path, *, changes: bool) -> Measurement:
    """Run a playbook, and measure it; unless it ``changes`` something, nothing may change."""
    before = set(results.glob("*/*.json"))
    began = time.monotonic()
    done = play()
    took = time.monotonic() - began
    if done.status != 0:
        message = f"{playbook} failed"
        raise BenchError(message)
    if not changes and done.changed:
        message = f"{playbook} had nothing to do, but these tasks changed something: {', '.join(done.changed)}"
        raise BenchError(message)
    return with_timings(took, next(iter(set(results.glob("*/*.json")) - before), None))


@contextmanager
def on_emulators(root: Path, directory: Path) -> Iterator[System]:
    """Deploy a checkout to emulators of its own, once for warming up; remove it at the end."""
    name, title = described(root)
    deployment = Deployment(directory, root)
    sources = directory / "sources"
    copy_build_context(root, sources)

    def run(playbook: str, *options: str, changes: bool = True) -> Measurement:
        # In every run, as a user edits sources in their place.
        return measured(
            playbook,
            lambda: deployment.play(playbook, *options, image_root=str(sources)),
            deployment.results,
            changes=changes,
        )

    def edit() -> Measurement:
        with (sources / SHARED_SOURCE).open("a") as source:
            source.write(f"# {secrets.token_hex(4)}\n")  # never seen before, so no cache has its image
        return run("site.yml")

    try:
        run("site.yml")
        run("playbooks/teardown.yml")
        yield System(
            name,
            title,
            {
                "deploy": lambda: run("site.yml"),
                "unchanged": lambda: run("site.yml", changes=False),
                "check": lambda: run("site.yml", "--check", changes=False),
                "status": lambda: run("playbooks/status.yml", changes=False),
                "edit": edit,
                "teardown": lambda: run("playbooks/teardown.yml"),
            },
        )
    finally:
        deployment.remove()


@contextmanager
def on_moto(root: Path, directory: Path) -> Iterator[System]:
    """Deploy a checkout to moto behind a delay, after a deployment without delay for warming up."""
    name, title = described(root)
    stand_in = StandIn("moto", directory, root)
    snapshots = directory / "snapshots/kept"
    kept = {"snapshot_directory": str(snapshots)} if has_snapshots(root) else {}
    calls: Counter[str] = Counter()

    with moto(stand_in), reverse_proxy(stand_in.url, count(calls), delay(DELAY_SECONDS)) as url:

        def run(playbook: str, *, endpoint: str = url, changes: bool = True) -> Measurement:
            environment = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}
            calls.clear()
            measurement = measured(
                playbook,
                lambda: stand_in.play(playbook, aws_environment=environment, **kept),
                directory / "results",
                changes=changes,
            )
            return Measurement(measurement.seconds, measurement.roles, measurement.wait_seconds, dict(calls))

        def deploy_first() -> Measurement:
            shutil.rmtree(snapshots, ignore_errors=True)
            # Without it, moto keeps what AWS keeps, such as deregistered task definitions.
            with urllib.request.urlopen(f"{stand_in.url}/moto-api/reset", b"", timeout=60):  # noqa: S310  # http, on loopback
                pass
            return run("site.yml")

        run("site.yml", endpoint=stand_in.url)
        yield System(
            name,
            title,
            {
                "deploy": deploy_first,
                "unchanged": lambda: run("site.yml", changes=False),
                "teardown": lambda: run("playbooks/teardown.yml"),
            },
        )


class Terraform:
    """The reference's stack in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        """Initialize the directory; raise BenchError with Terraform's reason if it cannot."""
        self._directory = directory
        self._stand_in = StandIn("ministack", directory)
        shutil.copy(Path(__file__).with_name("reference_stack.tf"), directory)
        self._environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": "rehearsal-root",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",  # no question whether there is a later release
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_VAR_endpoint": self._stand_in.url,
        }
        self._run("init")

    def _run(self, *arguments: str, changes: bool = True) -> Measurement:
        began = time.monotonic()
        done = subprocess.run(  # noqa: S603  # built here
            ["terraform", *arguments, "-no-color"],  # noqa: S607  # as users call it
            cwd=self._directory,
            env=self._environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        took = time.monotonic() - began
        print(done.stdout)  # noqa: T201  # into the log
        if done.returncode != 0:
            errors = [line for line in done.stdout.splitlines() if line.startswith("Error: ")]
            message = f"`terraform {arguments[0]}` failed ({'; '.join(errors)})"
            raise BenchError(message)
        if not changes and "No changes." not in done.stdout:
            message = f"`terraform {arguments[0]}` had nothing to do, but found changes"
            raise BenchError(message)
        return Measurement(took)

    def version(self) -> str:
        """Return the versions of Terraform and its provider, in a line."""
        text = subprocess.check_output(
            ["terraform", "version"],  # noqa: S607  # as users call it
            cwd=self._directory,
            text=True,
            stderr=subprocess.DEVNULL,  # warnings
        )
        return ", ".join(re.findall(r"^(?:Terraform |\+ provider \S+/)(.+)", text, re.MULTILINE))

    @contextmanager
    def on_ministack(self) -> Iterator[System]:
        """Apply and destroy it once for warming up, on a MiniStack of its own; remove that at the end."""
        with ministack(self._stand_in):
            # The stack finds it in the account.
            self._stand_in.client("iam").create_role(RoleName="LabRole", AssumeRolePolicyDocument=TRUST)
            self._run("apply", "-auto-approve")
            self._run("destroy", "-auto-approve")
            yield System(
                "Terraform",
                f"the reference's stack of 31 resources, on MiniStack; {self.version()}",
                {
                    "deploy": lambda: self._run("apply", "-auto-approve"),
                    "unchanged": lambda: self._run("apply", "-auto-approve", changes=False),
                    "check": lambda: self._run("plan", changes=False),
                    "teardown": lambda: self._run("destroy", "-auto-approve"),
                },
            )
