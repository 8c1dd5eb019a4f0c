"""The section with the ratios of the environments."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.charts import forest
from loadtest.report.charts.forest import Group, Line
from loadtest.report.document import Chart, Section, Table, Text
from loadtest.report.formatting import multiple, number, percent
from loadtest.report.metrics import CALCULATED
from loadtest.report.sections.tables import estimated, rows_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadtest.report.report import Events, Figures, PairRatio, Report, Row

_GROUPS = {
    "Speed": ("response times", "throughput"),
    "Backlog": ("queue and drain", "end to end"),
    "Use of memory and CPU": ("memory", "emulators"),
}
"""Families of figures, by the heading of their group; deployments are in a section of their own."""


def ratios_section(report: Report, figures: Figures) -> Section:
    """Return the forest plot of all ratios; of one environment, a table of its figures."""
    rows = {name: [row for row in family if row.key not in CALCULATED] for name, family in figures.families.items()}
    shown = {heading: [row for name in names for row in rows[name]] for heading, names in _GROUPS.items()}
    if not report.several_environments:
        return Section("Figures", [rows_table(report, "Figures", [row for own in shown.values() for row in own])])
    pairs = figures.response[0].ratios
    groups = [Group(heading, list(_lines(own, several=len(pairs) > 1))) for heading, own in shown.items()]
    groups = [group for group in groups if group.lines]
    groups.insert(2, Group("Safety", [_counted(events) for events in figures.events]))
    of = f"{pairs[0].numerator} / {pairs[0].denominator}" if len(pairs) == 1 else "ratio"
    title = f"Ratios, with {100 * report.confidence:g} % intervals within this experiment"
    described = (
        "For each figure a lozenge at its ratio on a logarithmic axis, with its interval and a dot for each round. A "
        "band marks what counts as equal. Losses have no ratio, and are written out."
    )
    names = [each.name for each in report.environments]
    draw = partial(forest.draw, groups, names, f"{of} (logarithmic)", report.margin)
    note = Text(
        f"A filled lozenge differs by more than {100 * report.margin:g} %, a filled circle is equal within it (the "
        "band), an empty lozenge cannot tell. A small dot is the ratio of one round; an arrow, that the "
        "interval goes on."
    )
    return Section("Ratios", [note, Chart("forest", title, described, draw, _table(report, shown))])


def _lines(rows: Sequence[Row], *, several: bool) -> Iterator[Line]:
    for row in rows:
        for pair in row.ratios:
            if pair.ratio.ratio is not None:
                label = f"{row.label}, {pair.numerator} / {pair.denominator}" if several else row.label
                yield Line(label, [_value(row, name) for name in row.environments], pair.ratio)


def _value(row: Row, environment: str) -> str:
    unit = "" if row.unit == "ratio" else f" {row.unit.removesuffix(' of a core')}"
    return f"{number(row.environments[environment].centre)}{unit}"


def _counted(events: Events) -> Line:
    notes = [
        f"{name}: {NOT_MEASURED}"
        if share is None
        else f"{name}: {share.events:,} of {share.trials:,} (below {percent(share.upper_bound)})"
        for name, share in events.environments.items()
    ]
    return Line(events.label, [], None, notes)


def _table(report: Report, shown: dict[str, list[Row]]) -> Table:
    def line(heading: str, row: Row, pair: PairRatio) -> list[str]:
        rounds = ", ".join(f"{value:.3f}" for value in pair.ratio.by_round.values())
        values = [estimated(own) for own in row.environments.values()]
        ratio = multiple(pair.ratio)
        pair_of = f"{pair.numerator} / {pair.denominator}"
        return [f"{row.label}, {row.unit}", heading, *values, pair_of, ratio, rounds or NOT_MEASURED]

    return Table(
        "Ratios, and those of each round",
        ["Figure", "Group", *(each.name for each in report.environments), "Pair", "Ratio", "By round"],
        [line(heading, row, pair) for heading, own in shown.items() for row in own for pair in row.ratios],
    )
