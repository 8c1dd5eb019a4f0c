"""What the bench measures: steps, their durations, and rounds of them."""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from _typeshed import DataclassInstance


class BenchError(Exception):
    """A step did not do what it is measured for."""


class Step(NamedTuple):
    """A command that is measured, and the seconds that it should take at most; None: there is no goal."""

    title: str
    goal: float | None = None


# In the order in which a round runs them: each needs what the one before it left.
STEPS = {
    "local": {
        "deploy": Step("deploy after a teardown, images there", 40),
        "unchanged": Step("deploy, nothing to do", 8),
        "check": Step("`--check` of what is deployed", 10),
        "status": Step("status", 4),
        "edit": Step("deploy, one line of what both services share edited", 25),
        "teardown": Step("teardown", 15),
    },
    "moto": {
        "deploy": Step("first deploy"),
        "unchanged": Step("deploy, nothing to do"),
        "teardown": Step("teardown"),
    },
}


@dataclass(frozen=True)
class Measurement:
    """A command that ran, and its wall-clock seconds.

    If it recorded its timings: ``roles``, the seconds of each role, and ``wait_seconds``, those of waiting for AWS. On
    moto: ``calls``, the number of calls of AWS, by service.
    """

    seconds: float
    roles: dict[str, float] = field(default_factory=dict)
    wait_seconds: float | None = None
    calls: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Show it as progress."""
        return f"{self.seconds:.1f} s"


@dataclass(frozen=True)
class System:
    """Something that is measured: its name in tables, a line about it, and how it runs the steps.

    A step returns a dataclass of JSON values with what it measured, whose text is shown as progress.
    """

    name: str
    title: str
    steps: Mapping[str, Callable[[], DataclassInstance]]


def with_timings(seconds: float, file: Path | None) -> Measurement:
    """Return a measurement with what the callback ``deployment_timings`` wrote to a file; None: it wrote none."""
    if file is None:
        return Measurement(seconds)
    timings: dict[str, Any] = json.loads(file.read_text())
    roles: dict[str, float] = timings["roles"]
    # The smoke order has the tag `wait`, too. It waits for its payment, and not for AWS.
    return Measurement(seconds, roles, max(timings["wait_seconds"] - roles.get("smoke_order", 0), 0))


class Rounds(NamedTuple):
    """What the complete rounds measured, and why the last one is left out, if it is.

    Each of the ``systems`` has its ``name``, ``title`` and ``figures``: for each step the measurements of all rounds.
    """

    systems: list[dict[str, Any]]
    failure: str | None


def count_rounds(systems: Sequence[Mapping[str, Any]]) -> int:
    """Return how many rounds were measured."""
    return max(len(step) for system in systems for step in system["figures"].values())


def exit_if_failed(parts: Iterable[Mapping[str, Any]]) -> None:
    """End the program with the reasons why rounds of these parts are left out, if any is."""
    if failures := [part["failure"] for part in parts if part["failure"]]:
        sys.exit("\n".join(failures))


def run_rounds(
    systems: Sequence[AbstractContextManager[System]],
    rounds: int,
    say: Callable[[str], object],
    until: float = math.inf,
) -> Rounds:
    """Prepare the systems, measure all their steps in each round, and remove them, whatever happens.

    The order of the systems alternates, so that none always comes after the same one. After the first round, none
    begins that would end after ``until``, in seconds of ``time.monotonic``, if it took as long as the longest one.
    A step that fails after the first round ends the measurement, and the rounds before it count; one that fails in the
    first raises BenchError.
    """
    failure = None
    with ExitStack() as stack:
        prepared = [stack.enter_context(system) for system in systems]
        figures: dict[str, dict[str, list[dict[str, Any]]]] = {
            system.name: {step: [] for step in system.steps} for system in prepared
        }
        complete, longest = 0, 0.0
        for number in range(rounds):
            began = time.monotonic()
            if number and began + longest > until:
                say(f"There is no time for more than {number} of {rounds} rounds.")
                break
            try:
                for system in prepared[:: 1 if number % 2 == 0 else -1]:
                    for step, run in system.steps.items():
                        measurement = run()
                        figures[system.name][step].append(asdict(measurement))
                        say(f"round {number + 1} of {rounds}: {system.name}: {step}: {measurement}")
            except BenchError as error:
                if not complete:
                    raise
                failure = f"Round {number + 1} of {rounds} is left out: {error}."
                say(failure)
                break
            complete += 1
            longest = max(longest, time.monotonic() - began)
    for steps in figures.values():
        for measurements in steps.values():
            del measurements[complete:]
    return Rounds(
        [{"name": system.name, "title": system.title, "figures": figures[system.name]} for system in prepared], failure
    )
