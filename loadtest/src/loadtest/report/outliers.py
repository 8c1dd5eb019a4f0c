"""The figures of a run that are far from those of the other runs of its environment."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from loadtest.report.intervals import LEAST
from loadtest.report.metrics import QUEUE, RESPONSE

if TYPE_CHECKING:
    from collections.abc import Sequence

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
