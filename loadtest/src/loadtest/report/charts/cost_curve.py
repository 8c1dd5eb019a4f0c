"""The cost of a million orders by volume: a band from full batches to single orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import Canvas, Scale, style
from loadtest.report.formatting import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.cost import Point

_HEIGHT, _LEFT, _RIGHT = 260, 62, 16


def draw(curves: Mapping[str, Sequence[Point]], canvas: Canvas) -> None:
    """Draw a band for each environment on logarithmic axes."""
    top = canvas.legend(list(curves))
    points = [point for curve in curves.values() for point in curve]
    orders = Scale(
        min(point.orders_per_month for point in points),
        max(point.orders_per_month for point in points),
        _LEFT,
        canvas.width - _RIGHT,
        logarithmic=True,
    )
    price = Scale(
        min(point.low for point in points), max(point.high for point in points), top + _HEIGHT, top, logarithmic=True
    )
    canvas.vertical_axis(price, _LEFT, canvas.width - _RIGHT, most=7, write=lambda value: f"${value:,.10g}")
    canvas.horizontal_axis(orders, top, top + _HEIGHT, write=_short, title="orders per month (logarithmic)")
    for number, curve in enumerate(curves.values()):
        low, high = (
            [(orders(point.orders_per_month), price(value)) for point, value in zip(curve, ends, strict=True)]
            for ends in ([point.low for point in curve], [point.high for point in curve])
        )
        canvas.path([*low, *reversed(high)], f"band {style(number)}", closed=True)
        canvas.path(low, f"line {style(number)}")
        canvas.path(high, f"line {style(number)}")
        canvas.mark(*low[-1], number)


def rows(curves: Mapping[str, Sequence[Point]]) -> list[list[str]]:
    """Return a table row for some of the volumes of each environment."""
    return [
        [name, f"{point.orders_per_month:,.0f}", dollars(point.low), dollars(point.high)]
        for name, curve in curves.items()
        for point in curve[:: max(1, len(curve) // 4)]
    ]


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
