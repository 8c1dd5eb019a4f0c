"""How the runs went: five panels above one axis of time."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from comparison.formatting import number
from comparison.pictures.canvas import LINE, Canvas, Scale, style

if TYPE_CHECKING:
    from comparison.series import Timeline, Timelines

PANELS = {
    "offered": "Requests offered, /s",
    "accepted": "Orders accepted, /s",
    "depth": "Depth of the queue, orders",
    "in_flight": "Orders in flight",
    "completed": "Orders completed, /s",
}

_PANEL, _GAP, _LEFT, _RIGHT = 84, 30, 46, 8


def draw(timelines: Timelines, canvas: Canvas) -> None:
    """Draw the panels one above the other, a line for each environment."""
    names = list(timelines.environments)
    bins = len(next(iter(timelines.environments.values())).offered)
    time = Scale(0, bins * timelines.bin_seconds, _LEFT, canvas.width - _RIGHT)
    top = canvas.legend(names, LINE, width=canvas.width) + LINE / 2
    for panel, label in PANELS.items():
        canvas.text(0, top, label, style="label strong")
        _panel(canvas, timelines, panel, time, top + 8)
        top += _PANEL + _GAP
    bottom = top - _GAP + 8
    canvas.horizontal_axis(time, bottom, bottom, write=number_of_seconds, title="seconds since the load began")


def number_of_seconds(value: float) -> str:
    """Write a time on the axis."""
    return f"{value:g}"


def values(timeline: Timeline, panel: str) -> list[float | None]:
    """Return the values of one panel."""
    found: list[float | None] = getattr(timeline, panel)
    return found


def _panel(canvas: Canvas, timelines: Timelines, panel: str, time: Scale, top: float) -> None:
    highest = max(
        (value for own in timelines.environments.values() for value in values(own, panel) if value is not None),
        default=0,
    )
    scale = Scale(0, highest or 1, top + _PANEL, top)
    canvas.vertical_axis(scale, time.start, time.end, most=3, write=number_of_seconds)
    for index, own in enumerate(timelines.environments.values()):
        middles = [
            (time((position + 0.5) * timelines.bin_seconds), value) for position, value in enumerate(values(own, panel))
        ]
        for there, points in groupby(middles, key=lambda point: point[1] is not None):
            if there:
                canvas.path([(x, scale(value)) for x, value in points if value is not None], f"line {style(index)}")


def rows(timelines: Timelines, most: int = 12) -> list[list[str]]:
    """Return a row for some of the times, each with the panels' values of every environment."""
    bins = len(next(iter(timelines.environments.values())).offered)
    return [
        [
            f"{position * timelines.bin_seconds}",
            *(number(values(own, panel)[position]) for panel in PANELS for own in timelines.environments.values()),
        ]
        for position in range(0, bins, max(1, -(-bins // most)))
    ]
