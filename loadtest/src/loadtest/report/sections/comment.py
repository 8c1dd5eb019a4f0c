"""A comparison in the length of a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from loadtest.report.document import Items, Notice, Table, Text
from loadtest.report.formatting import multiple
from loadtest.report.metrics import CALCULATED
from loadtest.report.sections.tables import estimated

if TYPE_CHECKING:
    from loadtest.report.document import Block
    from loadtest.report.report import Report, Row

_FAMILIES = ("response times", "throughput", "queue and drain", "end to end")


def comment_blocks(report: Report) -> list[Block]:
    """Return the answer, the conditions of --fail-if, the runs that are not compared, and the ratios."""
    blocks: list[Block] = [Text(report.answer)] if report.answer else []
    level: Literal["good", "caution", "bad"] = "good" if report.several_environments else "caution"
    blocks.append(Notice("bad" if report.losses else level, report.verdict))
    if report.thresholds:
        blocks.append(
            Items([f"{'✗' if each.failed else '✓'} {each.expression}: {each.detail}" for each in report.thresholds])
        )
    unfit = [f"{run.label} is {run.state}: {run.reason}." for run in report.runs if run.state != "compared"]
    blocks += [Notice("caution", each) for each in (*unfit, *report.cautions)]
    if report.figures:
        rows = [row for name in _FAMILIES for row in report.figures.families[name] if row.key not in CALCULATED]
        shown = [row for row in rows if any(own.values for own in row.environments.values())]
        pairs = [f"{pair.numerator} / {pair.denominator}" for pair in rows[0].ratios]
        caption = f"Typical runs and ratios, with {100 * report.confidence:g} % intervals within this experiment"
        header = ["", *(each.name for each in report.environments), *pairs]
        blocks.append(Table(caption, header, [_line(row) for row in shown]))
    return blocks


def _line(row: Row) -> list[str]:
    values = [estimated(own) for own in row.environments.values()]
    return [f"{row.label}, {row.unit}", *values, *(multiple(pair.ratio) for pair in row.ratios)]
