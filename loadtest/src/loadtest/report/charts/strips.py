"""Strips of response times, one per run: a mark for each percentile, so that marks are dense where most answers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import LINE, Canvas, Scale, style
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.series import Distribution

_LEFT, _RIGHT = 24, 24
_STRIP, _GAP = 12, 4


def draw(distributions: Sequence[Distribution], canvas: Canvas) -> None:
    """Draw a strip for each run, in the style of its environment."""
    names = list(dict.fromkeys(each.environment for each in distributions))
    top = canvas.legend(names)
    times = [value for each in distributions for value in each.response_ms]
    lowest = max(min(times), 0.01)
    scale = Scale(lowest, max(*times, lowest * 1.01), _LEFT, canvas.width - _RIGHT, logarithmic=True)
    bottom = top + len(distributions) * (_STRIP + _GAP) + LINE / 2
    canvas.horizontal_axis(scale, top, bottom, write=number, title="response time, ms (logarithmic)")
    for index, each in enumerate(distributions):
        y = top + index * (_STRIP + _GAP)
        for value in each.response_ms:
            x = scale(max(value, lowest))
            canvas.path([(x, y), (x, y + _STRIP)], f"line thin {style(names.index(each.environment))}")
