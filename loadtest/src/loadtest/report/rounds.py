"""The rounds in which runs were made: each loads every environment once, so that its runs are close in time.

An experiment records the round of each run. Runs that were made by hand have none: then a round ends, in order of time,
before an environment is loaded again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from loadtest.report.measured_run import MeasuredRun


def rounds_of(runs: Sequence[MeasuredRun]) -> dict[str, int]:
    """Return the number of the round of each run, by label; rounds are numbered in order of time, from 1."""
    ordered = sorted(runs, key=lambda run: run.run.started_at)
    keys = _recorded(ordered) or _by_turns(ordered)
    numbers: dict[Hashable, int] = {}
    return {run.label: numbers.setdefault(key, len(numbers) + 1) for run, key in zip(ordered, keys, strict=True)}


def outside_rounds(runs: Sequence[MeasuredRun], rounds: Mapping[str, int]) -> list[str]:
    """Return the labels of the runs whose round does not have all environments."""
    environments = {run.run.environment for run in runs}
    sizes = Counter(rounds[run.label] for run in runs)
    return [run.label for run in runs if sizes[rounds[run.label]] < len(environments)]


def _recorded(ordered: Sequence[MeasuredRun]) -> list[Hashable]:
    """Return the recorded round of each run; empty if one is missing, or has an environment twice."""
    found = [run.run.experiment for run in ordered]
    places = {(each, run.run.environment) for each, run in zip(found, ordered, strict=True) if each is not None}
    return list(found) if len(places) == len(ordered) else []


def _by_turns(ordered: Sequence[MeasuredRun]) -> list[Hashable]:
    keys: list[Hashable] = []
    number, seen = 0, set[str]()
    for run in ordered:
        if run.run.environment in seen:
            number, seen = number + 1, set()
        seen.add(run.run.environment)
        keys.append(number)
    return keys
