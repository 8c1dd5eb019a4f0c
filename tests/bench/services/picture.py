"""The picture of the API's throughput, as a file of its own."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import loadtest.report
from loadtest.report.charts.canvas import LINE, Canvas, Scale, style
from tests.bench.services.api import CONNECTIONS
from tests.bench.services.api_figures import TARGETS, measured_targets
from tests.bench.services.figures import values

if TYPE_CHECKING:
    from tests.bench.services.figures import Results

# Of the reports, whose charts are drawn in the same way.
STYLE = Path(loadtest.report.__file__).with_name("style.css")

_WIDTH, _PANEL, _LEFT, _GAP = 900, 190, 62, 34
_SETTINGS = {"ours": "ours", "single": "single: a call for each order", "raw": "raw: full batches to the target itself"}


def picture(results: Results) -> str:
    """Return an SVG: orders per second by connections for each target, on logarithmic axes. "" if there are none."""
    panels = {title: _lines(results, TARGETS[target], target) for target, title in measured_targets(results).items()}
    everything = [value for lines in panels.values() for line in lines for _, value in line]
    if not everything:
        return ""
    canvas = Canvas(
        _WIDTH,
        slug="throughput",
        title="Orders per second by connections",
        description="For each target, ours lies between a call for each order and full batches to the target itself.",
    )
    top = canvas.legend(list(_SETTINGS.values()))
    half = _WIDTH / 2
    low, high = min(everything) / 1.3, max(everything) * 1.3
    for index, (name, lines) in enumerate(panels.items()):
        left, right = index % 2 * half + _LEFT, index % 2 * half + half - 14
        upper = top + index // 2 * (_PANEL + _GAP + 3 * LINE) + LINE
        connections = Scale(CONNECTIONS[0], CONNECTIONS[-1], left, right, logarithmic=True)
        orders = Scale(low, high, upper + _PANEL, upper, logarithmic=True)
        canvas.text(left, upper - 8, f"{name}: orders per second", style="label strong")
        canvas.vertical_axis(orders, left, right, most=7, write=lambda value: f"{value:,.0f}")
        canvas.horizontal_axis(
            connections,
            upper,
            upper + _PANEL,
            write=lambda value: f"{value:g}",
            title="connections",
        )
        for number, line in enumerate(lines):
            points = [(connections(each), orders(value)) for each, value in line]
            canvas.path(points, f"line {style(number)}")
            for x, y in points:
                canvas.mark(x, y, number)
    return canvas.file(f"{STYLE.read_text()}svg {{ background: var(--paper); font-family: system-ui, sans-serif; }}")


def _lines(results: Results, part: str, target: str) -> list[list[tuple[float, float]]]:
    """Return the points of a target in each setting; those of raw are at both ends."""
    lines = []
    for setting in _SETTINGS:
        line = []
        for connections in CONNECTIONS:
            step = "full" if setting == "raw" else str(connections)
            found = values(results, part, f"{target} {setting}", step, "orders_per_second")
            if found and (setting != "raw" or connections in (CONNECTIONS[0], CONNECTIONS[-1])):
                line.append((float(connections), median(found)))
        lines.append(line)
    return lines
