"""A dumbbell chart of the environments' typical figures, as multiples of the first environment's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import CHARACTER, LINE, Canvas, Scale, style
from loadtest.report.intervals import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.intervals import Estimate
    from loadtest.report.report import Row

_NARROW = 600
_MARGIN = 1.08
_LANE = 13


def drawable(rows: Sequence[Row]) -> list[Row]:
    """Return the figures that are above 0 in all environments."""
    return [row for row in rows if all(own.centre and min(own.values) >= LEAST for own in row.environments.values())]


def draw(rows: Sequence[Row], canvas: Canvas) -> None:
    """Draw a dumbbell for each figure: a mark with its interval for each environment, joined by a line."""
    names = list(rows[0].environments)
    narrow = canvas.width < _NARROW
    step = _LANE * len(names) + (LINE + 10 if narrow else 14)
    top = canvas.legend(names)
    extent = [value for row in rows for own in row.environments.values() for value in _multiples(own, _base(row))]
    left = 10 if narrow else 12 + CHARACTER * max(len(row.label) for row in rows)
    scale = Scale(min(extent) / _MARGIN, max(extent) * _MARGIN, left, canvas.width - 12, logarithmic=True)
    bottom = top + step * len(rows)
    canvas.horizontal_axis(
        scale,
        top,
        bottom,
        write=lambda value: f"{value:g}",
        title=f"multiples of {names[0]} (logarithmic)",
    )
    canvas.path([(scale(1), top), (scale(1), bottom)], "axis")
    for index, row in enumerate(rows):
        y = top + step * index
        if narrow:
            canvas.text(left, y + LINE - 4, row.label, style="label strong")
        else:
            canvas.text(left - 12, y + step / 2 + 4, row.label, anchor="end", style="label strong")
        _dumbbell(canvas, row, scale, y + (LINE + 8 if narrow else 13))


def _base(row: Row) -> float:
    return next(iter(row.environments.values())).centre or 1


def _multiples(own: Estimate, base: float) -> list[float]:
    return [value / base for value in (own.centre, own.low, own.high) if value is not None]


def _dumbbell(canvas: Canvas, row: Row, scale: Scale, y: float) -> None:
    base = _base(row)
    places = []
    for number, own in enumerate(row.environments.values()):
        centre, *bounds = [scale(value) for value in _multiples(own, base)]
        lane = y + number * _LANE
        places.append((centre, lane))
        if bounds:
            canvas.path([(bound, lane) for bound in bounds], f"interval {style(number)}")
            for bound in bounds:
                canvas.path([(bound, lane - 4), (bound, lane + 4)], f"interval {style(number)}")
    canvas.path(places, "handle")
    for number, (x, lane) in enumerate(places):
        canvas.mark(x, lane, number)
