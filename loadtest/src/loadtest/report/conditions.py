"""What tells a run from the others of its environment: what changed before it, and figures far from theirs."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from loadtest.report.intervals import LEAST
from loadtest.report.measured_run import leaves
from loadtest.report.metrics import QUEUE, RESPONSE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.measured_run import MeasuredRun

KEY_FIGURES = [
    metric
    for metric in (*RESPONSE, *QUEUE)
    if metric.key in {"response_p50", "response_p95", "response_p99", "drain", "drain_over_model"}
]
"""The figures that are shown run by run."""

_LEAST_RUNS = 4
_FARTHEST = 3.5
_NORMAL = 1.4826
"""The standard deviation of normal values, divided by their median absolute deviation."""


def key_figures(run: MeasuredRun) -> dict[str, float | None]:
    """Return the figures of a run that are shown run by run, by the key of their metric."""
    return {metric.key: metric.value(run) for metric in KEY_FIGURES}


def versions_of(run: MeasuredRun) -> dict[str, str]:
    """Return the versions and image digests behind a run, by their paths; its code is a matter of the selection."""
    versions = {key: value for key, value in run.run.versions.items() if key not in {"commit", "images"}}
    digests = {name: emulator.digest for name, emulator in (run.run.emulators or {}).items()}
    return {path: str(value) for path, value in leaves({"versions": versions, "digests": digests})}


def changes(runs: Sequence[MeasuredRun]) -> dict[str, list[str]]:
    """Return what changed before each run of one environment since its run before, by the label of the run."""
    ordered = sorted(runs, key=lambda run: run.run.started_at)
    found: dict[str, list[str]] = {run.label: [] for run in ordered}
    for earlier, run in pairwise(ordered):
        before, now = versions_of(earlier), versions_of(run)
        found[run.label] += [f"{path} is {now.get(path)}, was {before.get(path)}" for path in _unequal(before, now)]
        restarted = _unequal(_starts(earlier), _starts(run))
        found[run.label] += [f"{name} was restarted" for name in restarted]
    return found


def outliers(runs: Sequence[MeasuredRun], margin: float) -> dict[str, list[str]]:
    """Return the labels of the figures of each run that are far from those of the other runs of its environment.

    Of four runs or more: the logarithm is more than 3.5 robust standard deviations from the median (Iglewicz and
    Hoaglin, "How to Detect and Handle Outliers", 1993), and by more than `margin`, as some figures hardly vary.
    """
    found: dict[str, list[str]] = {run.label: [] for run in runs}
    for metric in KEY_FIGURES:
        values = {run.label: metric.value(run) for run in runs}
        logarithms = {label: math.log(value) for label, value in values.items() if value and value >= LEAST}
        if len(logarithms) < _LEAST_RUNS:
            continue
        middle = median(logarithms.values())
        spread = _NORMAL * median(abs(value - middle) for value in logarithms.values())
        for label, value in logarithms.items():
            if abs(value - middle) > max(_FARTHEST * spread, math.log1p(margin)):
                found[label].append(metric.label)
    return found


def _starts(run: MeasuredRun) -> dict[str, str]:
    return {name: str(emulator.started_at) for name, emulator in (run.run.emulators or {}).items()}


def _unequal(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
