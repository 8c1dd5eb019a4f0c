"""The sections on the system: its deployment, its cost, its resources, and what an emulator does not exercise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.charts import cost_curve, gantt
from loadtest.report.document import Chart, Items, Notice, Section, Table, Text
from loadtest.report.formatting import dollars, number
from loadtest.report.sections.behaviours import behaviours_section
from loadtest.report.sections.tables import rows_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.report.cost import PriceList
    from loadtest.report.document import Block
    from loadtest.report.parity import Difference, Parity, Value
    from loadtest.report.report import Figures, Report


def system_sections(report: Report) -> list[Section]:
    """Return the sections on the deployed system."""
    found = []
    if report.figures:
        found += [_deployment(report, report.figures), _cost(report, report.figures)]
    if report.several_environments:
        found.append(_parity(report))
    if report.environments:
        found.append(behaviours_section(report) or _not_exercised(report))
    return found


def _deployment(report: Report, figures: Figures) -> Section:
    blocks: list[Block] = [rows_table(report, "Deployment", figures.deployment, of="deployment")]
    if not report.single_run:
        blocks.insert(
            0,
            Text(
                "Of several runs on one deployment only the first counts. Only deployments in which the same tasks "
                "changed something have a ratio: one that builds or pulls an image takes minutes longer. Docker's "
                "build cache is not known, and can make alike deployments differ."
            ),
        )
    roles = Table(
        "Seconds in each role",
        ["Role", *(each.name for each in report.environments)],
        [[each.role, *(number(seconds) for seconds in each.seconds.values())] for each in figures.roles],
    )
    drawn = {name: spans for name, spans in figures.spans.items() if spans}
    if drawn:
        title = "Roles of the deployment over time"
        described = "For the first deployment of each environment a bar for each role, from its start to its end."
        blocks.append(Chart("gantt", title, described, partial(gantt.draw, drawn), roles))
    else:
        blocks += [Text("The start of each role was not recorded, so there is no chart."), roles]
    return Section("Deployment", blocks)


def _cost(report: Report, figures: Figures) -> Section:
    costs = {name: cost for name, cost in figures.costs.items() if cost}
    missing = [name for name in figures.costs if name not in costs]
    blocks: list[Block] = []
    if missing:
        blocks.append(Notice("caution", f"The cost of {', '.join(missing)} is unknown: its runs do not record it."))
    if not costs:
        return Section("Cost", blocks)
    blocks += [
        Text(
            "What the system of each environment costs on AWS if it runs all month, at the list prices of "
            f"{_price_lists(report.prices)}, not verified since, without tax and free tiers; on an "
            "emulator it costs nothing. Publishes, "
            "queue requests and the load balancer's capacity are paid by use. Data through a NAT gateway or endpoints, "
            "logs and images are not included, as no run measures them."
        ),
        Table(
            "Monthly cost",
            ["", *figures.costs],
            [["total", *(dollars(cost.monthly if cost else None) for cost in figures.costs.values())]],
        ),
        Table(
            "Items of the monthly cost",
            ["Environment", "Item", "Number", "Price of one", "Per month", "Source"],
            [
                [
                    name,
                    line.what,
                    number(int(line.number)),
                    f"{dollars(line.price)} per {line.per}",
                    dollars(line.monthly),
                    line.source,
                ]
                for name, cost in costs.items()
                for line in cost.lines
            ],
            folded=True,
        ),
    ]
    curves = {name: cost.curve for name, cost in costs.items() if cost.curve}
    if curves:
        title = "Cost of a million orders by volume"
        described = (
            "For each environment a band that falls with the orders per month, up to the most that its workers can do."
        )
        header = ["Environment", "Orders per month", "Full batches", "Each order alone"]
        table = Table("Cost of a million orders", header, cost_curve.rows(curves))
        blocks.append(Chart("cost", title, described, partial(cost_curve.draw, curves), table))
    return Section("Cost", blocks)


def _price_lists(prices: Mapping[str, PriceList]) -> str:
    environments: dict[str, list[str]] = {}
    for name, each in prices.items():
        environments.setdefault(f"{each.region} of {each.as_of}", []).append(name)
    if len(environments) == 1:
        return next(iter(environments))
    return " and ".join(f"{text} ({', '.join(names)})" for text, names in environments.items())


def _parity(report: Report) -> Section:
    heading = "Resources"
    if report.parity is None:
        return Section(heading, [Notice("caution", "Not measured: no run has a resources.json.")])
    parity = report.parity
    missing = [each.name for each in report.environments if each.name not in parity.environments]
    blocks: list[Block] = []
    if missing:
        blocks.append(Notice("caution", f"Not measured in {', '.join(missing)}: no run has a resources.json."))
    same = [each.kind for each in parity.kinds if each.same]
    blocks += [
        Text(f"The same in all environments: {', '.join(same) or 'none'}."),
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
            "Differences, with the reason as far as the values show it",
            ["Kind", "Resource", "Attribute", "Reason", *parity.environments],
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
    return Section("Not exercised on an emulator", blocks or [Text("No run was on an emulator.")])
