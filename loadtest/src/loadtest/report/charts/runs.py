"""The runs in the order in which they were made: their figures, and below them what else was going on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from loadtest.report.charts.canvas import LINE, Canvas, Scale
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.report import RunEntry

_PANEL, _LOW_PANEL, _GAP, _LEFT, _RIGHT = 104, 52, 30, 52, 16
_PADDING = 0.08


class Mark(NamedTuple):
    """The place of a run, and its value."""

    x: float
    run: RunEntry
    value: float


def draw(
    runs: Sequence[RunEntry],
    figures: Mapping[str, Sequence[float | None]],
    conditions: Mapping[str, Sequence[float | None]],
    canvas: Canvas,
) -> None:
    """Draw a panel for each of `figures`, whose rounds are joined, and a lower one for each of `conditions`.

    Both have a value for each run, in order of time.
    """
    names = list(dict.fromkeys(run.environment or "" for run in runs))
    y = canvas.legend(names)
    slot = (canvas.width - _LEFT - _RIGHT) / len(runs)
    places = [_LEFT + slot * (index + 0.5) for index in range(len(runs))]
    changed = [(x, run) for x, run in zip(places, runs, strict=True) if run.changes]
    if changed:
        y += LINE / 2
    top = y
    for index, (label, values) in enumerate([*figures.items(), *conditions.items()]):
        is_figure = index < len(figures)
        canvas.text(0, y, label, style="label strong")
        height = _PANEL if is_figure else _LOW_PANEL
        measured = [
            Mark(x, run, value) for x, run, value in zip(places, runs, values, strict=True) if value is not None
        ]
        scale = Scale(*_extent(measured, joined=is_figure), y + 10 + height, y + 10)
        _panel(canvas, measured, names, scale, joined=is_figure)
        y += height + _GAP + 10
    bottom = y - _GAP
    for x, run in changed:
        canvas.path([(x - slot / 2, top + 4), (x - slot / 2, bottom)], "change")
        kind = "restart" if all("restarted" in each for each in run.changes) else "change"
        canvas.text(min(x - slot / 2, canvas.width - 50), top - 6, kind, style="tick")
    every = max(1, math.ceil(LINE / slot))
    for index, (x, run) in enumerate(zip(places, runs, strict=True)):
        if index % every == 0:
            canvas.text(x, bottom + LINE - 4, number(run.round), anchor="middle", style="tick")
        canvas.hit(x - slot / 2, x + slot / 2, top, bottom, _hint(run, figures, conditions, index))
    canvas.text(canvas.width - _RIGHT, bottom + 2 * LINE - 4, "round, in order of time", anchor="end")


def _extent(marks: Sequence[Mark], *, joined: bool) -> tuple[float, float]:
    """Return the values that a panel shows: of a condition from 0 on."""
    values = [mark.value for mark in marks] or [0.0]
    low = min(values) if joined else 0.0
    padding = _PADDING * (max(values) - low) or 0.1 * max(values) or 1.0
    return (low - padding if joined else low, max(values) + padding)


def _panel(canvas: Canvas, marks: Sequence[Mark], names: Sequence[str], scale: Scale, *, joined: bool) -> None:
    most = 4 if joined else 2
    canvas.vertical_axis(scale, _LEFT, canvas.width - _RIGHT, most=most, write=lambda value: f"{value:,.6g}")
    rounds: dict[int, list[tuple[float, float]]] = {}
    for mark in marks:
        if joined and mark.run.round is not None:
            rounds.setdefault(mark.run.round, []).append((mark.x, scale(mark.value)))
    for points in rounds.values():
        canvas.path(points, "handle")
    for mark in marks:
        kind = "mark" if mark.run.state == "compared" else "mark left-out"
        canvas.mark(mark.x, scale(mark.value), names.index(mark.run.environment or ""), kind=kind)
        if joined and mark.run.outliers:
            canvas.ring(mark.x, scale(mark.value))


def _hint(
    run: RunEntry,
    figures: Mapping[str, Sequence[float | None]],
    conditions: Mapping[str, Sequence[float | None]],
    index: int,
) -> str:
    values = [f"{label} {number(own[index])}" for label, own in {**figures, **conditions}.items()]
    notes = [f"unlike the others: {', '.join(run.outliers)}"] if run.outliers else []
    state = run.label if run.state == "compared" else f"{run.label} ({run.state})"
    return "; ".join([state, *values, *notes, *run.changes])
