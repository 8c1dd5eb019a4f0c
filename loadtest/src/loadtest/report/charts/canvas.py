"""Draw an SVG, with the axes and the legend that all charts share.

Colours are CSS classes; the page's style sheet has a light and a dark scheme.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STYLES = 6
"""Number of distinct styles; further environments repeat them."""

LINE = 18
"""Height of a line of text, in pixels."""

CHARACTER = 7.8
"""Upper bound of the mean width of a character, in pixels."""

_BETWEEN_TICKS = 75
_LONGEST_NAME = 36
_TICK_STEPS = (1, 2, 2.5, 5, 10)


class Scale(NamedTuple):
    """Maps the values from `low` to `high` to coordinates, linearly or logarithmically."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value."""
        low, high = (math.log(self.low), math.log(self.high)) if self.logarithmic else (self.low, self.high)
        place = math.log(value) if self.logarithmic else value
        return self.start + (place - low) / (high - low) * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """Return round values for ticks, about `most` of them."""
        return self._decades(most) if self.logarithmic else self._steps(most)

    def _steps(self, most: int) -> list[float]:
        raw = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * power for factor in _TICK_STEPS if factor * power >= raw * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _decades(self, most: int) -> list[float]:
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for factors in ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
            values = [factor * 10.0**exponent for exponent in exponents for factor in factors]
            inside = [value for value in values if self.low * 0.999 <= value <= self.high * 1.001]
            if len(inside) <= most:
                return inside
        return inside[:: -(-len(inside) // most)]


class Canvas:
    """Collects the elements of an SVG; coordinates are pixels from the upper left corner."""

    def __init__(self, width: int, *, slug: str, title: str, description: str) -> None:
        """Start an empty SVG; `slug` makes its element IDs unique in the page."""
        self._identity = f"{slug}-{width}"
        self.width = width
        self._bottom = 0.0
        self._words = (title, description)
        self._elements: list[str] = []

    def text(self, x: float, y: float, text: str, *, anchor: str = "start", style: str = "label") -> None:
        """Draw a line of text with its baseline at y; the lowest one sets the height of the SVG."""
        self._bottom = max(self._bottom, y + 6)
        self._elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def path(self, points: Sequence[tuple[float, float]], style: str, *, closed: bool = False) -> None:
        """Draw a line through points, or the area they enclose."""
        if points:
            steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            self._elements.append(f'<path d="M{steps}{"Z" if closed else ""}" class="{style}"/>')

    def lines(self, lines: Sequence[tuple[tuple[float, float], tuple[float, float]]], style: str) -> None:
        """Draw separate lines, each from point to point."""
        steps = "".join(f"M{x:.1f} {y:.1f}L{end_x:.1f} {end_y:.1f}" for (x, y), (end_x, end_y) in lines)
        self._elements.append(f'<path d="{steps}" class="{style}"/>')

    def hit(self, left: float, right: float, top: float, bottom: float, hint: str) -> None:
        """Let an area show a hint; draw it above what it is about."""
        place = f'x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 1):.1f}" height="{bottom - top:.1f}"'
        self._elements.append(f'<rect {place} class="hit"><title>{escape(hint)}</title></rect>')

    def bar(self, start: float, end: float, y: float, *, style: str, hint: str) -> None:
        """Draw a horizontal bar with a tooltip."""
        place = f'x="{start:.1f}" y="{y:.1f}" width="{max(end - start, 1):.1f}" height="{LINE - 5}"'
        self._elements.append(f'<rect {place} class="{style}"><title>{escape(hint)}</title></rect>')

    def mark(self, x: float, y: float, number: int, *, hint: str = "", kind: str = "mark") -> None:
        """Draw the mark of the environment with this number; `kind` is its class."""
        shapes = (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"',
            f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9"',
            f'<path d="M{x:.1f} {y - 6:.1f}l6 10h-12z"',
            f'<path d="M{x:.1f} {y - 6.5:.1f}l6.5 6.5l-6.5 6.5l-6.5 -6.5z"',
            f'<path d="M{x:.1f} {y + 6:.1f}l6 -10h-12z"',
            f'<path d="M{x - 6:.1f} {y - 2:.1f}h4v-4h4v4h4v4h-4v4h-4v-4h-4z"',
        )
        title = f"<title>{escape(hint)}</title>" if hint else ""
        shape = shapes[number % STYLES]
        self._elements.append(f'{shape} class="{kind} {style(number)}">{title}</{shape[1:].split()[0]}>')

    def dot(self, x: float, y: float) -> None:
        """Draw a small dot."""
        self._elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot"/>')

    def disc(self, x: float, y: float, *, style: str) -> None:
        """Draw a circle, filled or not as its style says."""
        self._elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" class="{style}"/>')

    def lozenge(self, x: float, y: float, *, style: str) -> None:
        """Draw a lozenge, filled or not as its style says."""
        self._elements.append(f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" class="{style}"/>')

    def ring(self, x: float, y: float) -> None:
        """Draw a ring around a mark."""
        self._elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" class="ring"/>')

    def legend(self, names: Sequence[str]) -> float:
        """Draw the legend in as many lines as it needs; return the y coordinate below it."""
        x, y = 0.0, float(LINE)
        for number, name in enumerate(shortened(each, _LONGEST_NAME) for each in names):
            needed = 60 + len(name) * CHARACTER
            if x and x + needed > self.width:
                x, y = 0.0, y + LINE
            self.path([(x, y - 4), (x + 32, y - 4)], f"line {style(number)}")
            self.mark(x + 16, y - 4, number)
            self.text(x + 40, y, name)
            x += needed
        return y + 1.5 * LINE

    def horizontal_axis(
        self, scale: Scale, top: float, bottom: float, *, write: Callable[[float], str], title: str
    ) -> None:
        """Draw the axis with tick labels below, grid lines from `top` to `bottom`, and a title."""
        for value in scale.ticks(max(4, round((scale.end - scale.start) / _BETWEEN_TICKS))):
            self.path([(scale(value), top), (scale(value), bottom)], "grid")
            self.text(scale(value), bottom + LINE - 2, write(value), anchor="middle", style="tick")
        self.path([(scale.start, bottom), (scale.end, bottom)], "axis")
        self.text(scale.end, bottom + 2 * LINE - 2, title, anchor="end")

    def vertical_axis(
        self, scale: Scale, left: float, right: float, *, most: int, write: Callable[[float], str]
    ) -> None:
        """Draw tick labels on the left and grid lines from `left` to `right`."""
        for value in scale.ticks(most):
            self.path([(left, scale(value)), (right, scale(value))], "grid")
            self.text(left - 6, scale(value) + 4, write(value), anchor="end", style="tick")

    def svg(self) -> str:
        """Return the SVG."""
        title, description = map(escape, self._words)
        height = f"{self._bottom:.0f}"
        head = (
            f'<svg viewBox="0 0 {self.width} {height}" width="{self.width}" height="{height}" role="img" '
            f'aria-labelledby="{self._identity}-title {self._identity}-description">'
            f'<title id="{self._identity}-title">{title}</title>'
            f'<desc id="{self._identity}-description">{description}</desc>'
        )
        return "\n".join([head, *self._elements, "</svg>"])

    def file(self, style_sheet: str) -> str:
        """Return the SVG as a file of its own, with a style sheet."""
        start, end, rest = self.svg().partition(">")
        return f'{start} xmlns="http://www.w3.org/2000/svg"{end}<style>{escape(style_sheet)}</style>{rest}\n'


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters, as names can be of any length."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def style(number: int) -> str:
    """Return the CSS class of the environment with this number."""
    return f"s{number % STYLES}"
