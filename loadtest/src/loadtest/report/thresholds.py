"""Conditions on the figures of a comparison, at which `compare` fails: for CI.

    p99 ratio > 1.2          of each environment to the first one, as measured
    p99 ratio low > 1.2      the lower bound of its interval: shown to be above 1.2
    drain ratio high > 1.05  the upper bound: not shown to be 1.05 at most
    p99 > 250                in an environment, in the unit of the report
    lost > 0                 events, over all runs under this load

A condition that cannot be checked, as something was not measured, counts as true: else what is not measured passes.
"""

from __future__ import annotations

import math
import operator
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.errors import LoadTestError
from loadtest.report import metrics
from loadtest.report.formatting import multiple, number
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loadtest.report.intervals import Ratio
    from loadtest.report.report import Figures

_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_PARTS = {"ratio": "ratio", "ratio low": "low", "ratio high": "high"}
_ALIASES = {"mean": "response_mean", "p50": "response_p50", "p95": "response_p95", "p99": "response_p99"}
_EVENTS = ("failures", "lost", "duplicated", "dead_lettered")
_KEYS = [
    metric.key
    for metric in (
        *metrics.RESPONSE,
        *metrics.THROUGHPUT,
        *metrics.QUEUE,
        *metrics.END_TO_END,
        *metrics.EMULATORS,
        *metrics.DEPLOYMENT,
    )
    if metric.key not in metrics.CALCULATED
]
_MEMORY = re.compile(r"memory_(growth_)?\w+")
_EXPRESSION = re.compile(
    r"(?P<figure>[a-z]\w*)(?: (?P<part>ratio(?: low| high)?))? ?(?P<sign>[<>]=?) ?(?P<limit>[^\s=]\S*)"
)
_MOST_BYTES = 100_000


class Threshold(Struct, frozen=True):
    """A condition at which the comparison fails."""

    expression: str
    figure: str
    """The key of a metric, or of events."""
    part: str
    """What of it: "ratio", "low" or "high" of a pair of environments; empty for its value in each environment."""
    sign: str
    limit: float


class Checked(Struct, frozen=True):
    """A condition, and whether the comparison fails by it."""

    expression: str
    failed: bool
    detail: str


def allowed() -> str:
    """Return what a condition can be, for error messages and help."""
    figures = ", ".join([*_ALIASES, *(key for key in _KEYS if key not in _ALIASES.values())])
    return (
        f"A condition is FIGURE [ratio | ratio low | ratio high] SIGN NUMBER, such as 'p99 ratio > 1.2'. "
        f"SIGN is one of {' '.join(_OPERATORS)}. FIGURE is one of {figures}, memory_SERVICE, memory_growth_SERVICE; "
        f"without a ratio also {', '.join(_EVENTS)}."
    )


def parse(text: str) -> Threshold:
    """Return a condition from its text. Raises LoadTestError that says what is allowed."""
    shown = printable(text)
    found = _EXPRESSION.fullmatch(" ".join(text.replace("-", "_").split()))
    if not found or (limit := _number(found["limit"])) is None:
        message = f"{shown!r} is not a condition. {allowed()}"
        raise LoadTestError(message)
    figure = _ALIASES.get(found["figure"], found["figure"])
    part = found["part"] or ""
    if figure in _EVENTS and part:
        message = f"{shown!r}: {figure} has no ratio. {allowed()}"
        raise LoadTestError(message)
    if figure not in (*_KEYS, *_EVENTS) and not _MEMORY.fullmatch(figure):
        message = f"{shown!r}: there is no figure {found['figure']!r}. {allowed()}"
        raise LoadTestError(message)
    additive = [metric.key for metric in (*metrics.QUEUE, *metrics.END_TO_END) if metric.additive]
    if figure in additive and part:
        message = f"{shown!r}: {figure} is a difference, and has no ratio. {allowed()}"
        raise LoadTestError(message)
    return Threshold(" ".join(shown.split()), figure, _PARTS.get(part, ""), found["sign"], limit)


def read(path: Path) -> list[Threshold]:
    """Return the conditions of a file: one a line, without empty lines and those that begin with #.

    Raises LoadTestError that names the line.
    """
    try:
        with path.open(encoding="utf-8") as file:
            lines = file.read(_MOST_BYTES).splitlines()
    except (OSError, UnicodeError) as error:
        message = f"{path}: {getattr(error, 'strerror', None) or error}"
        raise LoadTestError(message) from error
    found = []
    for line, text in enumerate(lines, start=1):
        if text.strip() and not text.lstrip().startswith("#"):
            try:
                found.append(parse(text))
            except LoadTestError as error:
                message = f"{path}: line {line}: {error}"
                raise LoadTestError(message) from error
    return found


def check(threshold: Threshold, figures: Figures) -> Checked:
    """Check a condition; it is true if it holds for one of the environments, or of their pairs."""
    met, shown = False, []
    for name, value, text in _values(threshold, figures):
        met = met or value is None or _OPERATORS[threshold.sign](value, threshold.limit)
        shown.append(f"{name} {text}")
    if not shown:
        return Checked(threshold.expression, failed=True, detail="it cannot be checked: there is nothing to compare")
    return Checked(threshold.expression, failed=met, detail=", ".join(shown))


def _values(threshold: Threshold, figures: Figures) -> Iterator[tuple[str, float | None, str]]:
    """Yield the value that counts of each environment or pair, and how it is shown; None if it was not measured."""
    for events in figures.events:
        if events.key == threshold.figure:
            for name, share in events.environments.items():
                yield name, share.events if share else None, number(share.events) if share else "was not measured"
    for row in figures.rows:
        if row.key != threshold.figure:
            continue
        if not threshold.part:
            for name, own in row.environments.items():
                yield name, own.centre, number(own.centre) if own.values else "was not measured"
            continue
        first = next(iter(row.environments))
        for pair in row.ratios:
            if pair.denominator == first:
                yield f"{pair.numerator} / {first}", _part(pair.ratio, threshold.part), _shown(pair.ratio)


def _part(ratio: Ratio, part: str) -> float | None:
    value: float | None = getattr(ratio, part)
    return value


def _shown(ratio: Ratio) -> str:
    return multiple(ratio) if ratio.reason is None else f"{multiple(ratio)}: {ratio.reason}"


def _number(text: str) -> float | None:
    try:
        value = float(text.replace("_", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
