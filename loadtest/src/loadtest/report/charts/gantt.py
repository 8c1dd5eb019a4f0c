"""A Gantt chart of the deployments: a bar for each period in a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import CHARACTER, LINE, Canvas, Scale, style
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.record.run import Span

_RIGHT = 12


def draw(spans: Mapping[str, Sequence[Span]], canvas: Canvas) -> None:
    """Draw a lane for each role of each environment, ordered by start."""
    lanes = {name: list(dict.fromkeys(span.role for span in own)) for name, own in spans.items()}
    left = 8 + CHARACTER * max(len(role) for roles in lanes.values() for role in roles)
    last = max(span.started + span.seconds for own in spans.values() for span in own)
    time = Scale(0, last or 1, left, canvas.width - _RIGHT)
    bottom = sum(LINE * (len(roles) + 2) for roles in lanes.values())
    canvas.horizontal_axis(time, 4, bottom, write=lambda value: f"{value:g}", title="seconds since the start")
    top = 0.0
    for index, (name, own) in enumerate(spans.items()):
        canvas.text(0, top + LINE, name, style="label strong")
        top += LINE + 8
        for span in own:
            y = top + LINE * lanes[name].index(span.role)
            canvas.bar(
                time(span.started),
                time(span.started + span.seconds),
                y + 2,
                style=f"bar {style(index)}",
                hint=f"{span.role}: {number(span.seconds)} s from {number(span.started)} s",
            )
        for lane, role in enumerate(lanes[name]):
            canvas.text(left - 8, top + LINE * lane + 13, role, anchor="end")
        top += LINE * (len(lanes[name]) + 1) - 8
