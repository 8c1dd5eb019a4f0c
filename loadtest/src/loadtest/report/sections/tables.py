"""Tables of figures by environment and pair of environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.document import Table
from loadtest.report.formatting import counted, multiple, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.intervals import Estimate
    from loadtest.report.report import Report, Row


def rows_table(report: Report, caption: str, rows: Sequence[Row], *, of: str = "run") -> Table:
    """Return a table of figures, with a column for each environment and for each pair of environments."""
    environments = list(rows[0].environments)
    if not report.single_run:
        most = {name: max(len(row.environments[name].values) for row in rows) for name in environments}
        environments = [f"{name}, {counted(count, of)}" for name, count in most.items()]
        caption += f": typical {of}, with its {100 * report.confidence:g} % interval within this experiment in brackets"
    pairs = [f"{pair.numerator} / {pair.denominator}" for pair in rows[0].ratios]
    return Table(
        caption,
        ["", *environments, *pairs],
        [
            [
                f"{row.label}, {row.unit}",
                *(estimated(own) for own in row.environments.values()),
                *(multiple(pair.ratio) for pair in row.ratios),
            ]
            for row in rows
        ],
    )


def estimated(own: Estimate) -> str:
    """Format a typical value with its interval, if it has one."""
    return within(own.centre, own.low, own.high)
