"""The tail of the response times: percentiles up to 99.9, and beside them, on the same axis, where the answers are."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import LINE, Canvas, Scale, style
from loadtest.report.formatting import number
from loadtest.report.series import TAIL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.series import Distribution

_NARROW = 600
_HEIGHT, _LEFT, _GAP = 330, 52, 28
_TICKS = {500: "50", 750: "75", 900: "90", 950: "95", 990: "99", 995: "99.5", 999: "99.9"}
_FEW_TICKS = (500, 900, 990, 999)
_STRIP, _ALL_STRIPS = 22.0, 66.0
"""How wide a strip is, and all of them together at least."""


def draw(distributions: Sequence[Distribution], canvas: Canvas) -> None:
    """Draw a line and a strip for each run, in the style of its environment."""
    names = list(dict.fromkeys(each.environment for each in distributions))
    top = canvas.legend(names) + 6
    strip = min(max(_STRIP, _ALL_STRIPS / len(distributions)), 0.28 * canvas.width / len(distributions))
    right = canvas.width - 8 - strip * len(distributions)
    milliseconds = _milliseconds(distributions, top)
    percentiles = Scale(_place(TAIL[0]), _place(TAIL[-1]), _LEFT, right - _GAP)
    canvas.vertical_axis(milliseconds, _LEFT, canvas.width - 8, most=8, write=_short)
    canvas.text(0, top - 10, "ms", style="tick")
    for mille, label in _TICKS.items():
        if canvas.width >= _NARROW or mille in _FEW_TICKS:
            x = percentiles(_place(mille))
            canvas.path([(x, top), (x, top + _HEIGHT)], "grid")
            canvas.text(x, top + _HEIGHT + LINE - 2, label, anchor="middle", style="tick")
    canvas.text(percentiles.end, top + _HEIGHT + 2 * LINE - 2, "percentile", anchor="end")
    canvas.text(canvas.width - 8, top + _HEIGHT + 2 * LINE - 2, "density", anchor="end")
    for each in distributions:
        places = [(percentiles(_place(mille)), value) for mille, value in zip(TAIL, each.tail_ms, strict=True)]
        for measured, points in groupby(places, key=lambda place: place[1] is not None):
            if measured:
                shown = [(x, milliseconds(max(value, milliseconds.low))) for x, value in points if value is not None]
                canvas.path(shown, f"line thin {style(names.index(each.environment))}")
    for index, each in enumerate(sorted(distributions, key=lambda each: names.index(each.environment))):
        x = right + strip * index
        marks = [milliseconds(max(value, milliseconds.low)) for value in each.response_ms]
        kind = f"line faint {style(names.index(each.environment))}"
        canvas.lines([((x, y), (x + 0.8 * strip, y)) for y in marks], kind)
        half = between(each.response_ms[25], each.response_ms[75])
        canvas.hit(x, x + strip, top, top + _HEIGHT, f"{each.run}: half of the answers take {half} ms")
    # The mark of each environment stands below its strips, as their lines do not tell which they are without colour.
    place = right
    for order, name in enumerate(names):
        width = strip * sum(each.environment == name for each in distributions)
        canvas.mark(place + width / 2, top + _HEIGHT + LINE / 2, order)
        place += width
    _hints(canvas, distributions, percentiles, top)


def spread(distributions: Sequence[Distribution]) -> Mapping[int, Mapping[str, tuple[float, float]]]:
    """Return the least and the most of the runs of each environment, for each percentile that a run has."""
    found: dict[int, dict[str, tuple[float, float]]] = {}
    for index, mille in enumerate(TAIL):
        values: dict[str, list[float]] = {}
        for each in distributions:
            if (value := each.tail_ms[index]) is not None:
                values.setdefault(each.environment, []).append(value)
        if values:
            found[mille] = {name: (min(own), max(own)) for name, own in values.items()}
    return found


def label(mille: int) -> str:
    """Return the name of a percentile."""
    return f"p{mille / 10:g}"


def between(least: float, most: float) -> str:
    """Format the least and the most of several values; one, if they are equal."""
    return number(least) if least == most else f"{number(least)} to {number(most)}"


def _hints(canvas: Canvas, distributions: Sequence[Distribution], percentiles: Scale, top: float) -> None:
    shown = spread(distributions)
    if not shown:  # too few answers for any percentile
        return
    places = [percentiles(_place(mille)) for mille in shown]
    middles = [(before + after) / 2 for before, after in pairwise(places)]
    for (mille, own), left, right in zip(
        shown.items(), [percentiles.start, *middles], [*middles, percentiles.end], strict=True
    ):
        values = ", ".join(f"{name} {between(*bounds)} ms" for name, bounds in own.items())
        canvas.hit(left, right, top, top + _HEIGHT, f"{label(mille)}: {values}")


def _milliseconds(distributions: Sequence[Distribution], top: float) -> Scale:
    """Return the axis, from the fastest answers but 1 % to the slowest percentile of all runs."""
    fastest = max(0.01, min(each.response_ms[1] for each in distributions))
    slowest = max(max(each.response_ms) for each in distributions)
    return Scale(fastest / 1.1, max(slowest, fastest * 1.2) * 1.1, top + _HEIGHT, top, logarithmic=True)


def _place(mille: int) -> float:
    """Return the place of a percentile: as far from p90 to p99 as from p99 to p99.9."""
    return -math.log10(1 - mille / 1000)


def _short(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else number(value)  # noqa: PLR2004  # g has an exponent from 1000 on
