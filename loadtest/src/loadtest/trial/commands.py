"""The command `trial`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.commandline import add_command, show
from loadtest.errors import LoadTestError
from loadtest.record.documents import read_document
from loadtest.trial.bundle import write_bundle
from loadtest.trial.log import Log
from loadtest.trial.plan import Plan
from loadtest.trial.step import Interruption
from loadtest.trial.trial import LEFT, STEP_FAILED, Playbooks, run_trial, verdict
from loadtest.trial.versions import versions

if TYPE_CHECKING:
    import argparse

    from loadtest.commandline import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    command = add_command(
        subparsers,
        "trial",
        _trial,
        "deploy to AWS, load the system and remove it; writes a bundle of what was measured, without private values",
        epilog=f"Exit status: 0 when everything succeeded; {STEP_FAILED} when a step failed or was interrupted, but "
        f"nothing is left on AWS; 2 when nothing was created; {LEFT} when something may be left on AWS.",
    )
    command.add_argument(
        "--checkout",
        type=Path,
        default=Path(),
        metavar="DIRECTORY",
        help="with the playbooks (default: this directory)",
    )
    command.add_argument(
        "--output", type=Path, default=Path("results"), metavar="DIRECTORY", help="for the bundle (default: results)"
    )
    command.add_argument("arguments", nargs="+", metavar="ARGUMENT", help="of ansible-playbook, after --")


def _trial(options: argparse.Namespace) -> int:
    directory = (options.output / f"aws-trial-{datetime.now(UTC):%Y%m%dT%H%M%SZ}").resolve()
    playbooks = Playbooks(
        program=str(Path(sys.executable).with_name("ansible-playbook")),
        checkout=options.checkout.resolve(),
        directory=directory,
        arguments=options.arguments,
    )
    directory.mkdir(parents=True)
    show(f"If this computer fails during the trial, remove everything with:\n  {playbooks.remove_all}")
    plan = _confirmed_plan(playbooks)
    interruption = Interruption()
    interruption.watch()
    with Log(directory / "trial.log") as log:
        trial = run_trial(playbooks, plan, log, interruption)
        for step in trial.steps:
            log.say(f"{step.name}: {step.outcome}, {step.seconds:.0f} s")
        log.say(f"All measurements are in {playbooks.results}")
        bundle = directory.with_name(f"{directory.name}.tar.gz")
        try:
            write_bundle(bundle, directory, playbooks.checkout, trial, versions(playbooks.checkout, plan.versions))
            log.say(f"The bundle is {bundle}; CONTRIBUTING.md says how to send it in.")
        except Exception:  # noqa: BLE001  # the last thing to say is what is left
            log.say(f"There is no bundle:\n{traceback.format_exc()}")
        log.say(f"\n{verdict(trial, playbooks.remove_all)}")
    return trial.exit_status


def _confirmed_plan(playbooks: Playbooks) -> Plan:
    """Run the playbook that asks. It has the terminal, and as it creates nothing, Ctrl-C ends it and the trial."""
    file = playbooks.directory / "plan.json"
    command = playbooks.command("playbooks/aws_trial.yml", trial_plan_file=str(file))
    try:
        status = subprocess.run(  # noqa: S603  # built above
            command, cwd=playbooks.checkout, env=playbooks.environment("plan"), check=False
        ).returncode
    except KeyboardInterrupt:
        status = None
    if status != 0:
        shutil.rmtree(playbooks.directory)
        message = "there is no trial, and nothing was created; the reason is above"
        raise LoadTestError(message)
    return read_document(file, Plan)
