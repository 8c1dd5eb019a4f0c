"""Run the playbooks of a trial: deploy, load, and tear down, whatever happens before."""

from __future__ import annotations

import json
import os
import shlex
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.trial.plan import Plan
from loadtest.trial.records import Remaining, read_remaining, read_tasks
from loadtest.trial.step import Outcome, Step, now, run_step

if TYPE_CHECKING:
    from loadtest.trial.log import Log
    from loadtest.trial.step import Interruption

SCENARIOS = ("baseline", "flash_sale")
SUCCEEDED, STEP_FAILED, LEFT = 0, 1, 3
"""Exit statuses; 2 is an error before anything is created."""

_MOST_LINES = 30


class Playbooks(Struct, frozen=True, kw_only=True):
    """How the playbooks of a trial are run."""

    program: str
    """The path of `ansible-playbook`."""
    checkout: Path
    directory: Path
    """Of the trial, absolute."""
    arguments: list[str]
    """Of every playbook: the inventory, variables."""

    def command(self, playbook: str, **variables: str | bool) -> list[str]:
        """Return the command that runs a playbook."""
        own = ["--extra-vars", json.dumps(variables)] if variables else []
        return [self.program, playbook, *self.arguments, *own]

    def environment(self, step: str) -> dict[str, str]:
        """Return the environment variables of a step, whose tasks are recorded."""
        return {**os.environ, "TASK_RECORDS_DIRECTORY": str(self.records(step))}

    def records(self, step: str) -> Path:
        """Return the directory with the records of a step."""
        return self.directory / "steps" / step

    @property
    def results(self) -> Path:
        """The directory with the run directories and the timings by role."""
        return self.directory / "results"

    @property
    def remove_all(self) -> str:
        """The command that removes everything, for a shell."""
        return f"cd {shlex.quote(str(self.checkout))} && {shlex.join(self.command('playbooks/teardown.yml'))}"


class Teardown(Struct, frozen=True):
    """How the teardown went."""

    attempts: list[Step]
    remaining: Remaining | None
    """By the last attempt; None if it did not come to list it."""
    failures: list[str]
    """Its messages."""

    @property
    def succeeded(self) -> bool:
        """Whether everything is removed."""
        return self.attempts[-1].outcome is Outcome.SUCCEEDED


class Trial(Struct, frozen=True, kw_only=True):
    """What a trial did (`trial.json`)."""

    schema: int = 1
    plan: Plan
    steps: list[Step]
    teardown: Teardown

    @property
    def exit_status(self) -> int:
        """The exit status of the command."""
        if not self.teardown.succeeded:
            return LEFT
        complete = len(self.steps) == 1 + len(SCENARIOS)
        return SUCCEEDED if complete and all(each.outcome is Outcome.SUCCEEDED for each in self.steps) else STEP_FAILED


class Retries(Struct, frozen=True):
    """How long one attempt of the teardown may take, and the pauses before further ones."""

    attempt_seconds: float = 1800
    pauses: tuple[float, ...] = (60, 120, 240, 480)


def run_trial(
    playbooks: Playbooks, plan: Plan, log: Log, interruption: Interruption, retries: Retries | None = None
) -> Trial:
    """Deploy, load and tear down.

    The steps before the teardown end when the plan's time is over or somebody interrupts them. The teardown ends when
    it has succeeded, or after all retries.
    """
    steps: list[Step] = []
    try:
        _deploy_and_load(playbooks, plan, log, interruption, steps)
    except Exception:  # noqa: BLE001  # whatever it is, what was created costs money
        log.say(traceback.format_exc())
    return Trial(plan=plan, steps=steps, teardown=_tear_down(playbooks, log, retries or Retries()))


def verdict(trial: Trial, remove_all: str) -> str:
    """Return the last thing to say: what is left, and what to do about it."""
    plan, teardown = trial.plan, trial.teardown
    where = f"{plan.project} in account {plan.account}, region {plan.region}"
    remaining = teardown.remaining or Remaining({}, {})
    unknown = [f"AWS does not allow to list {kind}, so some may be left." for kind in remaining.denied]
    if teardown.succeeded:
        return "\n".join([f"Nothing is left of {where}.", *unknown])
    left = [f"  {kind}: {', '.join(names)}" for kind, names in remaining.resources.items()]
    return "\n".join(
        [
            f"NOT EVERYTHING IS REMOVED of {where}.",
            f"What is left goes on costing: {plan.dollars_per_hour:.2f} dollars an hour, if it is all.",
            *(left or ["What is left is not known."]),
            *unknown,
            f"The reasons, by the last of {len(teardown.attempts)} attempts ({teardown.attempts[-1].outcome}):",
            *"\n".join(teardown.failures).splitlines()[:_MOST_LINES],
            "Mend them, such as with new credentials, and remove the rest:",
            f"  {remove_all}",
        ]
    )


def _deploy_and_load(playbooks: Playbooks, plan: Plan, log: Log, interruption: Interruption, steps: list[Step]) -> None:
    """Add each step to `steps`. Without a deployment there is nothing to load; a load that failed is evidence, too."""
    results = {"results_directory": str(playbooks.results)}
    commands = {"deploy": playbooks.command("site.yml", confirm=True, **results)}
    for scenario in SCENARIOS:
        commands[scenario] = playbooks.command("playbooks/load_test.yml", load_test_scenario=scenario, **results)
    ends_at = now() + plan.load_seconds
    for name, command in commands.items():
        log.say(f"\n--- {name}")
        step = run_step(
            name,
            command,
            directory=playbooks.checkout,
            environment=playbooks.environment(name),
            log=log,
            ends_at=ends_at,
            interruption=interruption,
        )
        steps.append(step)
        if step.outcome in (Outcome.INTERRUPTED, Outcome.TOO_LATE) or steps[0].outcome is not Outcome.SUCCEEDED:
            return


def _tear_down(playbooks: Playbooks, log: Log, retries: Retries) -> Teardown:
    command = playbooks.command("playbooks/teardown.yml", results_directory=str(playbooks.results))
    attempts: list[Step] = []
    for pause in (0, *retries.pauses):
        if attempts:
            log.say(f"The teardown {attempts[-1].outcome}. It is tried again in {pause:.0f} s.")
            time.sleep(pause)
        name = f"teardown-{len(attempts) + 1}"
        log.say(f"\n--- {name}. Signals, such as that of Ctrl-C, do not stop it")
        attempts.append(
            run_step(
                name,
                command,
                directory=playbooks.checkout,
                environment=playbooks.environment(name),
                log=log,
                ends_at=now() + retries.attempt_seconds,
            )
        )
        if attempts[-1].outcome is Outcome.SUCCEEDED:
            break
    records = playbooks.records(attempts[-1].name)
    failed = [task for task in read_tasks(records) if task.outcome in ("failed", "unreachable")]
    return Teardown(attempts, read_remaining(records), [f"{each.task}: {each.message}" for each in failed])
