"""The backlog over time, measured and by the queue model, in one panel."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import LINE, Canvas, Scale, style
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.series import Timeline

_HEIGHT, _LEFT, _RIGHT = 270, 56, 14


def draw(timelines: Mapping[str, Timeline], added: Sequence[str], step_seconds: int, canvas: Canvas) -> None:
    """Draw two lines for each environment, and write what each of them adds."""
    names = list(timelines)
    y = canvas.legend(names)
    canvas.path([(0, y - 10), (32, y - 10)], "model")
    canvas.text(40, y - 6, "by the queue model")
    y += LINE
    for words in added:
        canvas.text(0, y, words, style="label strong")
        y += LINE
    top = y + 4
    steps = len(next(iter(timelines.values())).backlog)
    highest = max(
        (each for own in timelines.values() for line in (own.backlog, own.backlog_model) for each in line if each),
        default=1,
    )
    time = Scale(0, steps * step_seconds, _LEFT, canvas.width - _RIGHT)
    orders = Scale(0, highest, top + _HEIGHT, top)
    canvas.vertical_axis(orders, _LEFT, canvas.width - _RIGHT, most=5, write=lambda value: f"{value:,g}")
    canvas.horizontal_axis(
        time,
        top + _HEIGHT,
        top + _HEIGHT,
        write=lambda value: f"{value:g}",
        title="seconds since the start of the load",
    )

    def line(values: Sequence[float | None], kind: str) -> None:
        ends = [(time((step + 1) * step_seconds), value) for step, value in enumerate(values)]
        for measured, points in groupby(ends, key=lambda point: point[1] is not None):
            if measured:
                canvas.path([(x, orders(value)) for x, value in points if value is not None], kind)

    for index, own in enumerate(timelines.values()):
        line(own.backlog, f"line {style(index)}")
        line(own.backlog_model, "model")
    for step in range(steps):
        shown = ", ".join(
            f"{name} {number(own.backlog[step])} (model {number(own.backlog_model[step])})"
            for name, own in timelines.items()
        )
        canvas.hit(
            time(step * step_seconds),
            time((step + 1) * step_seconds),
            top,
            top + _HEIGHT,
            f"after {(step + 1) * step_seconds} s: {shown}",
        )
