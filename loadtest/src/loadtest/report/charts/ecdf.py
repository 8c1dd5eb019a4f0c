"""The empirical cumulative distribution function (ECDF) of response times, one line per run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import Canvas, Scale, style
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.series import Distribution

_HEIGHT, _LEFT, _RIGHT = 260, 46, 12


def draw(distributions: Sequence[Distribution], canvas: Canvas) -> None:
    """Draw a step line for each run, in the style of its environment."""
    names = list(dict.fromkeys(each.environment for each in distributions))
    top = canvas.legend(names)
    times = [value for each in distributions for value in each.response_ms]
    lowest = max(min(times), 0.01)
    milliseconds = Scale(lowest, max(*times, lowest * 1.01), _LEFT, canvas.width - _RIGHT, logarithmic=True)
    share = Scale(0, 100, top + _HEIGHT, top)
    canvas.vertical_axis(share, _LEFT, canvas.width - _RIGHT, most=5, write=lambda value: f"{value:g} %")
    canvas.horizontal_axis(
        milliseconds,
        top,
        top + _HEIGHT,
        write=_short,
        title="response time, ms (logarithmic)",
    )
    for each in distributions:
        points = []
        for percent, value in enumerate(each.response_ms):
            x = milliseconds(max(value, lowest))
            points += [(x, share(max(percent - 1, 0))), (x, share(percent))]
        canvas.path(points, f"line thin {style(names.index(each.environment))}")


def _short(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else number(value)  # noqa: PLR2004  # g has an exponent from 1000 on
