"""The sections on the system: its cost, its deployment, and its resources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.charts import cost_curve, gantt
from loadtest.report.document import Beside, Chart, Notice, Section, Table, Text
from loadtest.report.formatting import dollars, number
from loadtest.report.sections.tables import rows_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.report.cost import PriceList
    from loadtest.report.document import Block
    from loadtest.report.parity import Difference, Parity, Value
    from loadtest.report.report import Figures, Report


def deployment_section(report: Report, figures: Figures) -> Section:
    """Return the section on how long deployments took, which are compared only if they are alike."""
    table = rows_table(report, "Deployment", figures.deployment, of="deployment")
    roles = _roles(report, figures)
    drawn = {name: spans for name, spans in figures.spans.items() if spans}
    if report.single_run:
        blocks: list[Block] = []
    else:
        alike = any(pair.ratio.ratio is not None for row in figures.deployment for pair in row.ratios)
        blocks = [
            Text(
                "Of several runs on one deployment only the first counts. Only deployments in which the same tasks "
                "changed something have a ratio: one that builds or pulls an image takes minutes longer. Docker's "
                "build cache is not known, and can make alike deployments differ."
                + ("" if alike or not report.several_environments else " These are not alike, so none is compared.")
            )
        ]
    if drawn:
        title = "Roles of the deployment over time"
        described = "For the first deployment of each environment a bar for each role, from its start to its end."
        chart = Chart("gantt", title, described, partial(gantt.draw, drawn), roles, half=True)
        blocks.append(Beside([table], [chart]))
    else:
        blocks += [table, Text("The start of each role was not recorded, so there is no chart.")]
    return Section("Deployment" if report.single_run else "Alike deployments", blocks)


def deployment_tables(report: Report, figures: Figures) -> list[Table]:
    """Return the table of the roles' seconds, for the appendix; empty without any."""
    return [_roles(report, figures)] if figures.roles else []


def _roles(report: Report, figures: Figures) -> Table:
    return Table(
        "Seconds in each role",
        ["Role", *(each.name for each in report.environments)],
        [[each.role, *(number(seconds) for seconds in each.seconds.values())] for each in figures.roles],
    )


def cost_section(report: Report, figures: Figures) -> Section:
    """Return the section on what the environments' systems cost on AWS."""
    costs = {name: cost for name, cost in figures.costs.items() if cost}
    missing = [name for name in figures.costs if name not in costs]
    blocks: list[Block] = []
    if missing:
        blocks.append(Notice("caution", f"The cost of {', '.join(missing)} is unknown: its runs do not record it."))
    if not costs:
        return Section("Cost", blocks)
    blocks.append(
        Text(
            "What the system of each environment costs on AWS if it runs all month, at the list prices of "
            f"{_price_lists(report.prices)}, not verified since, without tax and free tiers; on an "
            "emulator it costs nothing. Publishes, "
            "queue requests and the load balancer's capacity are paid by use. Data through a NAT gateway or endpoints, "
            "logs and images are not included, as no run measures them."
        )
    )
    total = Table(
        "Monthly cost",
        ["", *figures.costs],
        [["total", *(dollars(cost.monthly if cost else None) for cost in figures.costs.values())]],
    )
    items = Table(
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
    )
    curves = {name: cost.curve for name, cost in costs.items() if cost.curve}
    if curves:
        title = "Cost of a million orders by volume"
        described = (
            "For each environment a band that falls with the orders per month, up to the most that its workers can do."
        )
        header = ["Environment", "Orders per month", "Full batches", "Each order alone"]
        table = Table("Cost of a million orders", header, cost_curve.rows(curves))
        chart = Chart("cost", title, described, partial(cost_curve.draw, curves), table, half=True)
        blocks += [Beside([total, items], [chart])]
    else:
        blocks += [total, items]
    return Section("Cost", blocks)


def _price_lists(prices: Mapping[str, PriceList]) -> str:
    environments: dict[str, list[str]] = {}
    for name, each in prices.items():
        environments.setdefault(f"{each.region} of {each.as_of}", []).append(name)
    if len(environments) == 1:
        return next(iter(environments))
    return " and ".join(f"{text} ({', '.join(names)})" for text, names in environments.items())


def parity_blocks(report: Report) -> list[Text | Notice | Table]:
    """Return which resources are the same in all environments, and how the others differ."""
    if report.parity is None:
        return [Notice("caution", "Not measured: no run has a resources.json.")]
    parity = report.parity
    missing = [each.name for each in report.environments if each.name not in parity.environments]
    blocks: list[Text | Notice | Table] = []
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
    return blocks


def _difference(each: Difference, parity: Parity) -> list[str]:
    values = [_value(each.values[name]) for name in parity.environments]
    return [each.kind, each.name or "all", each.attribute or "exists", each.why, *values]


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOT_MEASURED if value is None else str(value)
