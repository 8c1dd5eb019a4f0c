"""A forest plot: the ratio of each figure with its interval, the band that counts as equal, and a dot per round."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from loadtest.report.charts.canvas import CHARACTER, LINE, Canvas, Scale, shortened
from loadtest.report.intervals import Ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NARROW, _WIDEST = 600, 1200
_ROW = 26
_FARTHEST = 3.0
"""An interval is drawn up to this factor beyond the outermost ratio; an arrow tells that it goes on."""
_MARGIN = 1.06
_VALUE, _RATIO = 150, 290
"""Widths of the columns."""
_NARROWEST_PLOT = 300


class Line(Struct, frozen=True):
    """A line of the plot: a figure and one of its ratios, or a figure that has none."""

    label: str
    values: list[str]
    """Of the environments."""
    ratio: Ratio | None
    notes: list[str] = []
    """What is written instead of a ratio, a line each."""


class Group(Struct, frozen=True):
    """Figures about the same thing."""

    heading: str
    lines: list[Line]


class _Columns(NamedTuple):
    left: float
    """Of the environments' values, or of the plot."""
    scale: Scale
    end: float
    """Of the plot."""
    narrow: bool
    with_values: bool


def draw(groups: Sequence[Group], environments: Sequence[str], title: str, margin: float, canvas: Canvas) -> None:
    """Draw all groups above a common axis, which shows ratios on a logarithmic scale."""
    narrow = canvas.width < _NARROW
    labels = [line.label for group in groups for line in group.lines]
    left = 8.0 if narrow else 16 + CHARACTER * min(40, max(map(len, labels)))
    end = canvas.width - (12 if narrow else _RATIO)
    with_values = canvas.width >= _WIDEST and left + len(environments) * _VALUE + _NARROWEST_PLOT <= end
    plot = left + (len(environments) * _VALUE if with_values else 0)
    scale = _scale([line.ratio for group in groups for line in group.lines if line.ratio], margin, plot, end)
    y = float(LINE)
    if with_values:
        for index, name in enumerate(environments):
            canvas.text(left + index * _VALUE, y, shortened(name, 18), style="tick")
    if not narrow:
        canvas.text(end + 20, y, "ratio (95 % interval)", style="tick")
    top = y + 8
    drawn: list[tuple[float, Line]] = []
    y = top
    for group in groups:
        y += LINE + 4
        canvas.text(0, y, group.heading, style="label strong")
        y += 8
        for line in group.lines:
            height = _height(line, narrow=narrow)
            drawn.append((y, line))
            y += height
    bottom = y + 4
    least, most = scale(1 / (1 + margin)), scale(1 + margin)
    canvas.path([(least, top), (most, top), (most, bottom), (least, bottom)], "equal", closed=True)
    canvas.horizontal_axis(scale, top, bottom, write=lambda value: f"{value:g}", title=title)
    canvas.path([(scale(1), top), (scale(1), bottom)], "axis")
    for y, line in drawn:
        _line(canvas, line, y, _Columns(left, scale, end, narrow=narrow, with_values=with_values))


def _height(line: Line, *, narrow: bool) -> float:
    if line.ratio is None:
        return LINE * len(line.notes) + (LINE if narrow else 0) + 6
    return _ROW + (2 * LINE + 4 if narrow else 0)


def _scale(ratios: Sequence[Ratio], margin: float, start: float, end: float) -> Scale:
    centres = [each for ratio in ratios for each in _places(ratio)] + [1 + margin, 1 / (1 + margin)]
    bounds = [each for ratio in ratios for each in (ratio.low, ratio.high) if each]
    low = max(min(centres + bounds), min(centres) / _FARTHEST)
    high = min(max(centres + bounds), max(centres) * _FARTHEST)
    return Scale(low / _MARGIN, high * _MARGIN, start + 8, end - 8, logarithmic=True)


def _places(ratio: Ratio) -> Iterator[float]:
    if ratio.ratio:
        yield ratio.ratio
    yield from ratio.by_round.values()


def _line(canvas: Canvas, line: Line, y: float, columns: _Columns) -> None:
    left, scale, end, narrow, with_values = columns
    if narrow:
        canvas.text(left, y + LINE - 4, shortened(line.label, 42))
        y += LINE
    else:
        canvas.text(12, y + _ROW / 2 + 4, shortened(line.label, 42))
    if line.ratio is None:
        for index, note in enumerate(line.notes):
            canvas.text(left, y + _ROW / 2 + 4 + LINE * index, shortened(note, int(canvas.width / 6.6)), style="tick")
        return
    if with_values:
        for index, value in enumerate(line.values):
            canvas.text(left + index * _VALUE, y + _ROW / 2 + 4, value, style="label")
    text, style = _written(line.ratio), "label strong" if line.ratio.verdict == "differs" else "tick"
    if narrow:
        canvas.text(left, y + LINE - 4, text, style=style)
        y += LINE
    else:
        canvas.text(end + 20, y + _ROW / 2 + 4, text, style=style)
    _ratio(canvas, line.ratio, scale, y + _ROW / 2)
    canvas.hit(scale.start, scale.end, y, y + _ROW, f"{line.label}: {_hint(line.ratio)}")


def _ratio(canvas: Canvas, ratio: Ratio, scale: Scale, y: float) -> None:
    if ratio.low is not None and ratio.high is not None:
        low, high = max(ratio.low, scale.low), min(ratio.high, scale.high)
        canvas.path([(scale(low), y), (scale(high), y)], f"ratio {_kind(ratio)}")
        for bound, there, way in ((ratio.low, low, 1), (ratio.high, high, -1)):
            x = scale(there)
            if bound == there:
                canvas.path([(x, y - 5), (x, y + 5)], f"ratio {_kind(ratio)}")
            else:
                canvas.path([(x + 6 * way, y - 5), (x, y), (x + 6 * way, y + 5)], f"ratio {_kind(ratio)}")
    for value in ratio.by_round.values():
        canvas.dot(scale(value), y)
    if ratio.ratio is not None:
        draw_centre = canvas.disc if ratio.verdict == "equal" else canvas.lozenge
        draw_centre(scale(ratio.ratio), y, style=f"centre {_kind(ratio)}")


def _kind(ratio: Ratio) -> str:
    return ratio.verdict.replace(" ", "-")


def _written(ratio: Ratio) -> str:
    if ratio.ratio is None:
        return f"— {ratio.reason}"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.ratio:.3f}  {ratio.verdict}"
    return f"{ratio.ratio:.3f} ({ratio.low:.3f} to {ratio.high:.3f})  {ratio.verdict}"


def _hint(ratio: Ratio) -> str:
    rounds = ", ".join(f"{number} {value:.3f}" for number, value in ratio.by_round.items())
    return f"{_written(ratio)}{f'; by round: {rounds}' if rounds else ''}"
