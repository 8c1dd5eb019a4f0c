"""What was deployed: how long that took, what it costs, what exists where, and what an emulator does not show."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.document import Items, Notice, Chart, Section, Table, Text
from loadtest.report.formatting import dollars, number
from loadtest.report.charts import cost_curve, gantt
from loadtest.report.sections.tables import rows_table

if TYPE_CHECKING:
    from loadtest.report.document import Block
    from loadtest.report.parity import Difference, Parity, Value
    from loadtest.report.report import Figures, Report

_ARTICLE = {"hour": "an", "month": "a"}


def system_sections(report: Report) -> list[Section]:
    """Return the sections on what was deployed."""
    found = []
    if report.figures:
        found += [_deployment(report, report.figures), _cost(report, report.figures)]
    if report.environments:
        found += [_parity(report), _not_exercised(report)]
    return found


def _deployment(report: Report, figures: Figures) -> Section:
    blocks: list[Block] = [
        Text("Several runs on one deployment are one observation of it, and count once."),
        rows_table(report, "Deployment", figures.deployment, of="deployment"),
    ]
    roles = Table(
        "Seconds in each role",
        ["Role", *(each.name for each in report.environments)],
        [[each.role, *(number(seconds) for seconds in each.seconds.values())] for each in figures.roles],
    )
    drawn = {name: spans for name, spans in figures.spans.items() if spans}
    if drawn:
        title = "Which role took when"
        described = "For each environment's first deployment a bar for each role, from its start to its end."
        blocks.append(Chart("gantt", title, described, partial(gantt.draw, drawn), roles))
    else:
        blocks += [Text("When each role began was not recorded, so there is no chart of it."), roles]
    return Section("Deployment", blocks)


def _cost(report: Report, figures: Figures) -> Section:
    blocks: list[Block] = [
        Text(
            f"What each environment's system costs on AWS, day and night, at the list prices of "
            f"{report.prices['region']} of {report.prices['as_of']} in {report.prices['file']}, without tax and free "
            "tiers; on an emulator it costs nothing. By use come publishes, queue requests and the load balancer's "
            "capacity; not counted, as no run measures them, are data through a NAT gateway or endpoints, logs and "
            "images."
        )
    ]
    costs = {name: cost for name, cost in figures.costs.items() if cost}
    missing = [name for name in figures.costs if name not in costs]
    if missing:
        blocks.append(
            Notice("caution", f"Not known for {', '.join(missing)}: its runs do not say what the system is made of.")
        )
    blocks.append(
        Table(
            "A month",
            ["", *figures.costs],
            [["together", *(dollars(cost.monthly if cost else None) for cost in figures.costs.values())]],
        )
    )
    if costs:
        blocks.append(
            Table(
                "A month, line by line",
                ["Environment", "What", "Number", "Price of one", "A month", "Source"],
                [
                    [
                        name,
                        line.what,
                        number(int(line.number)),
                        f"{dollars(line.price)} {_ARTICLE[line.per]} {line.per}",
                        dollars(line.monthly),
                        line.source,
                    ]
                    for name, cost in costs.items()
                    for line in cost.lines
                ],
                folded=True,
            )
        )
    curves = {name: cost.curve for name, cost in costs.items() if cost.curve}
    if curves:
        title = "Cost of a million orders against volume"
        described = (
            "For each environment a band that falls with the orders a month, up to the most that its workers can do."
        )
        header = ["Environment", "Orders a month", "Full batches", "Every order alone"]
        table = Table("A million orders", header, cost_curve.rows(curves))
        blocks.append(Chart("cost", title, described, partial(cost_curve.draw, curves), table))
    return Section("Cost", blocks)


def _parity(report: Report) -> Section:
    heading = "What exists where"
    if report.parity is None:
        return Section(heading, [Notice("caution", "Not measured: no run has a resources.json.")])
    parity = report.parity
    missing = [each.name for each in report.environments if each.name not in parity.environments]
    blocks: list[Block] = []
    if missing:
        blocks.append(Notice("caution", f"Not measured in {', '.join(missing)}: no run has a resources.json."))
    same = [each.kind for each in parity.kinds if each.same]
    blocks += [
        Text(f"The same in all: {', '.join(same) or 'nothing'}."),
        Table(
            "Resources of each kind",
            ["Kind", *parity.environments, ""],
            [
                [
                    each.kind,
                    *(number(each.counts[name]) for name in parity.environments),
                    "same" if each.same else "differs",
                ]
                for each in parity.kinds
            ],
        ),
        Table(
            "What differs, and why, as far as its values tell",
            ["Kind", "Resource", "Attribute", "Why", *parity.environments],
            [_difference(each, parity) for each in parity.differences],
        ),
    ]
    return Section(heading, blocks)


def _difference(each: Difference, parity: Parity) -> list[str]:
    values = [_value(each.values[name]) for name in parity.environments]
    return [each.kind, each.name or "all", each.attribute or "exists", each.why, *values]


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_MEASURED if value is None else str(value)


def _not_exercised(report: Report) -> Section:
    blocks: list[Block] = []
    for each in report.environments:
        if each.emulators:
            blocks += [Text(f"{each.name} ({', '.join(each.emulators)}):"), Items(each.not_exercised)]
    return Section("Not exercised on an emulator", blocks or [Text("No run names an emulator.")])
