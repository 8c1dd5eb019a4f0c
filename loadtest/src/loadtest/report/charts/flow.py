"""What became of the accepted orders, as a flow: completed, dead-lettered, lost, and those completed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from loadtest.report.charts.canvas import LINE, Canvas, shortened, style
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Sequence

_TWO_COLUMNS = 900
_TALLEST, _THINNEST = 64.0, 3.0
_BLOCK = 190
_GAP = 40


class Part(Struct, frozen=True):
    """A part of the accepted orders."""

    label: str
    orders: int | None
    """None where it was not measured."""
    note: str
    """Its share, or the upper bound of it."""


class Flow(Struct, frozen=True):
    """The accepted orders of an environment, and their parts."""

    environment: str
    accepted: int
    completed: Part
    others: list[Part]
    """Each a part of the accepted orders, but the last, which is one of the completed."""


class _Place(NamedTuple):
    left: float
    top: float
    width: float


def draw(flows: Sequence[Flow], canvas: Canvas) -> None:
    """Draw a flow for each environment, two side by side where there is room."""
    columns = 2 if canvas.width >= _TWO_COLUMNS and len(flows) > 1 else 1
    width = (canvas.width - (columns - 1) * _GAP) / columns
    for index, flow in enumerate(flows):
        place = _Place(index % columns * (width + _GAP), index // columns * _BLOCK, width)
        _flow(canvas, flow, style(index), place)


def _flow(canvas: Canvas, flow: Flow, colour: str, place: _Place) -> None:
    left, top, width = place
    canvas.text(left, top + LINE, shortened(flow.environment, int(width / 9)), style="label strong")
    top += LINE + 12
    source, split, end = left + 12, left + 0.34 * width, left + 0.5 * width
    corners = [(left, top), (source, top), (source, top + _TALLEST), (left, top + _TALLEST)]
    canvas.path(corners, f"flow whole {colour}", closed=True)
    used = 0.0
    for order, part in enumerate([flow.completed, *flow.others]):
        thickness = _thickness(part.orders, flow.accepted)
        start = min(top + used, top + _TALLEST - thickness)
        middle = top + (thickness / 2 if order == 0 else _TALLEST + 16 + (order - 1) * (LINE + 4))
        upper = middle - thickness / 2
        if part.orders:
            there = [(source, start), (split, start), (end, upper)]
            back = [(end, upper + thickness), (split, start + thickness), (source, start + thickness)]
            canvas.path([*there, *back], f"flow {colour}", closed=True)
        else:
            canvas.path([(split, top + _TALLEST), (end, middle)], "handle")
        if order < len(flow.others):
            used += thickness
        text = f"{number(part.orders)} {part.label}"
        y = top + _TALLEST / 2 - 4 if order == 0 else middle + 4
        canvas.text(end + 10, y, text, style="label strong" if part.orders else "label")
        if order == 0:
            canvas.text(end + 10, y + LINE - 2, part.note, style="tick")
        else:
            canvas.text(left + width - 4, y, part.note, anchor="end", style="tick")
        canvas.hit(split, left + width, y - LINE + 4, y + 4, f"{flow.environment}: {text}, {part.note}")
    canvas.text(left + 20, top + _TALLEST / 2 - 4, number(flow.accepted), style="label strong")
    canvas.text(left + 20, top + _TALLEST / 2 + LINE - 6, "accepted")


def _thickness(orders: int | None, accepted: int) -> float:
    if not orders or not accepted:
        return 0.0
    return max(_THINNEST, _TALLEST * min(1.0, orders / accepted))
