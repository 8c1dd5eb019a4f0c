"""Time series in panels above a common time axis, which starts with the load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from loadtest.report.charts.canvas import Canvas, Scale, style
from loadtest.report.formatting import number

type Panels = Mapping[str, Mapping[str, Sequence[float | None]]]
"""For each panel the values of every environment, one per time step."""

_PANEL, _GAP, _LEFT, _RIGHT = 84, 30, 46, 14


def draw(panels: Panels, step_seconds: int, canvas: Canvas) -> None:
    """Draw the panels one above the other, a line for each environment."""
    first = next(iter(panels.values()))
    time = Scale(0, _steps(panels) * step_seconds, _LEFT, canvas.width - _RIGHT)
    beginning = top = canvas.legend(list(first))
    for label, environments in panels.items():
        canvas.text(0, top, label, style="label strong")
        _panel(canvas, environments, step_seconds, time, top + 8)
        top += _PANEL + _GAP
    bottom = top - _GAP + 8
    canvas.horizontal_axis(time, bottom, bottom, write=_short, title="seconds since the start of the load")
    for step in range(_steps(panels)):
        shown = "; ".join(
            f"{label}: {', '.join(f'{name} {number(own[step])}' for name, own in environments.items())}"
            for label, environments in panels.items()
        )
        start, end = time(step * step_seconds), time((step + 1) * step_seconds)
        canvas.hit(start, end, beginning, bottom, f"from {step * step_seconds} s: {shown}")


def header(panels: Panels) -> list[str]:
    """Return the column headings of `rows`."""
    return ["second", *(f"{label}: {name}" for label, environments in panels.items() for name in environments)]


def rows(panels: Panels, step_seconds: int, most: int = 12) -> list[list[str]]:
    """Return at most `most` table rows, each with all values of one time step."""
    steps = _steps(panels)
    return [
        [
            f"{step * step_seconds}",
            *(number(own[step]) for environments in panels.values() for own in environments.values()),
        ]
        for step in range(0, steps, max(1, -(-steps // most)))
    ]


def _steps(panels: Panels) -> int:
    return len(next(iter(next(iter(panels.values())).values())))


def _panel(
    canvas: Canvas, environments: Mapping[str, Sequence[float | None]], step_seconds: int, time: Scale, top: float
) -> None:
    highest = max((value for own in environments.values() for value in own if value is not None), default=0)
    scale = Scale(0, highest or 1, top + _PANEL, top)
    canvas.vertical_axis(scale, time.start, time.end, most=3, write=_short)
    for index, own in enumerate(environments.values()):
        middles = [(time((step + 0.5) * step_seconds), value) for step, value in enumerate(own)]
        for measured, points in groupby(middles, key=lambda point: point[1] is not None):
            if measured:
                canvas.path([(x, scale(value)) for x, value in points if value is not None], f"line {style(index)}")


def _short(value: float) -> str:
    return f"{value:g}"
