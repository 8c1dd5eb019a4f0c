"""What the figures of a comparison tell about AWS: shown equal, only as a ratio, or nothing.

With runs on AWS, the verdicts decide. Without, only arithmetic carries over: where the measured time is that of the
queue model, the workers and the payments set it, and they are the same everywhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from loadtest.report.formatting import multiple, within
from loadtest.report.metrics import CALCULATED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.intervals import Estimate
    from loadtest.report.report import Environment, Figures, Row

How = Literal["shown equal", "only as a ratio", "says nothing"]

_FAMILIES = ("response times", "throughput", "queue and drain", "end to end")
"""Those of the system itself, which an emulator and AWS both have."""

_OVER_MODEL = {"drain_over_model": "Drain time", "end_to_end_over_model": "End to end, median"}


class Carried(Struct, frozen=True):
    """A figure, whether it carries over to AWS, and why."""

    figure: str
    how: How
    because: str


def what_carries_over(environments: Sequence[Environment], figures: Figures, margin: float) -> list[Carried]:
    """Return what each figure, and what the emulators do not exercise, tells about AWS; empty without an emulator."""
    emulated = [each for each in environments if each.emulated]
    if not emulated:
        return []
    by_verdict = len(emulated) < len(environments)
    found = _by_verdict(environments, figures) if by_verdict else _by_arithmetic(figures, margin)
    sentences = dict.fromkeys(sentence for each in emulated for sentence in each.not_exercised)
    return [*found, *map(_unexercised, sentences)]


def _by_verdict(environments: Sequence[Environment], figures: Figures) -> list[Carried]:
    emulated = {each.name: each.emulated for each in environments}
    how: dict[str, How] = {"equal": "shown equal", "differs": "only as a ratio", "cannot tell": "says nothing"}
    return [
        Carried(row.label, how[pair.ratio.verdict], f"{pair.numerator} / {pair.denominator} = {multiple(pair.ratio)}")
        for row in _rows(figures)
        for pair in row.ratios
        if emulated[pair.numerator] != emulated[pair.denominator] and pair.ratio.ratio is not None
    ]


def _by_arithmetic(figures: Figures, margin: float) -> list[Carried]:
    found = []
    rows = {row.key: row for row in figures.rows}
    for key, label in _OVER_MODEL.items():
        measured = {name: own for name, own in rows[key].environments.items() if own.values}
        shown = ", ".join(f"{name} {within(own.centre, own.low, own.high)}" for name, own in measured.items())
        if measured and all(_is_one(own, margin) for own in measured.values()):
            because = f"the workers set it, as by arithmetic (measured / model: {shown}); AWS can only add to it"
            found.append(Carried(label, "shown equal", because))
        elif measured:
            because = f"it is not that of the arithmetic (measured / model: {shown})"
            found.append(Carried(label, "only as a ratio", because))
    times = "Response times, throughput, peak depth"
    if figures.scenario.arrivals_per_second is not None:
        found.append(Carried("Orders offered", "shown equal", "the scenario sets them, whatever the answers"))
        times = "Response times"
    found.append(Carried(times, "only as a ratio", "of versions of your code, on the same emulator"))
    if figures.memory:
        found.append(Carried("Memory of the services", "only as a ratio", "of versions of your code"))
    found.append(Carried("Deployment time", "says nothing", "AWS creates other things, in other places"))
    return found


def _rows(figures: Figures) -> list[Row]:
    return [row for name in _FAMILIES for row in figures.families[name] if row.key not in CALCULATED]


def _is_one(own: Estimate, margin: float) -> bool:
    """Return whether a ratio to the model is shown to be 1 within the margin; of a single run, whether it is."""
    bounds = [own.centre] if own.low is None else [own.low, own.high]
    return all(value is not None and value > 0 and abs(math.log(value)) <= math.log1p(margin) for value in bounds)


def _unexercised(sentence: str) -> Carried:
    """Split a sentence such as "Throttling: no request is throttled." into its subject and the reason."""
    subject, _, reason = sentence.partition(": ")
    return Carried(subject, "says nothing", reason.removesuffix("."))
