"""What the runs measured, environment by environment and in pairs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.document import Chart, Section, Table, Text
from loadtest.report.formatting import number, percent
from loadtest.report.charts import dumbbell, ecdf
from loadtest.report.reference import REPORTED_PER_REQUEST
from loadtest.report.sections.over_time import endurance, timeline
from loadtest.report.sections.tables import estimated, rows_table

if TYPE_CHECKING:
    from loadtest.report.document import Block
    from loadtest.report.report import Events, Figures, Report

_DRAWN = {
    *("response_p50", "response_p95", "completed", "peak_depth", "drain", "drain_over_model"),
    *("end_to_end_p50", "end_to_end_over_model", "deployment"),
}


def figure_sections(report: Report) -> list[Section]:
    """Return the sections with the figures; none where no run may be compared."""
    figures = report.figures
    if figures is None:
        return []
    found = [
        _overview(report, figures),
        timeline(figures),
        _responses(report, figures),
        Section(
            "Throughput",
            [
                Text(
                    "Offered: requests started, over the time in which they could be; in a closed model it depends on "
                    "how fast the answers come. Completed: over the time from the first order to the last completion."
                ),
                rows_table(report, "Throughput", figures.throughput),
            ],
        ),
        _failures(report, figures),
        _queue(report, figures),
        Section("End to end", [rows_table(report, "From an order's creation to its completion", figures.end_to_end)]),
        endurance(report, figures),
    ]
    if figures.references:
        found.append(_references(report, figures))
    return found


def _overview(report: Report, figures: Figures) -> Section:
    rows = dumbbell.drawable([row for row in figures.rows if row.key in _DRAWN])
    scenario = figures.scenario
    blocks: list[Block] = [Text(f"Scenario {scenario.name}: {scenario.terms}.")]
    if rows:
        title = "Typical figures, as multiples of the first environment's"
        described = f"For each of {len(rows)} figures a mark for every environment, with its interval where it has one."
        blocks.append(
            Chart(
                "dumbbell",
                title,
                described,
                partial(dumbbell.draw, rows),
                rows_table(report, "The figures of the chart", rows),
            )
        )
    return Section("At a glance", blocks)


def _responses(report: Report, figures: Figures) -> Section:
    title = "Distribution of response times"
    described = (
        "For each run a staircase from 0 % to 100 % over response times in milliseconds; further left is faster."
    )
    table = rows_table(report, "Response times", figures.response)
    blocks: list[Block] = [
        Text("A percentile is given where ten answers lie beyond it: the median of 20, p95 of 200, p99 of 1,000."),
    ]
    if figures.distributions:
        blocks.append(Chart("ecdf", title, described, partial(ecdf.draw, figures.distributions), table))
    else:
        blocks.append(table)
    return Section("Response times", blocks)


def _queue(report: Report, figures: Figures) -> Section:
    blocks: list[Block] = [
        Text(
            "The model is the same run if nothing but the payments took time. Who answers faster is offered "
            "more in a closed model, and has more to drain; what an environment adds is measured / model."
        ),
        rows_table(report, "Queue and drain", figures.queue),
    ]
    if figures.by_workers:
        blocks.append(
            Table(
                "Drain by the number of workers, also in runs that are left out because their number is another",
                ["Workers", "Environment", "Runs", "Drain, s", "By the model, s", "Measured / model"],
                [
                    [
                        f"{sized.workers:,}",
                        sized.environment,
                        f"{len(sized.drain.values)}",
                        *(estimated(own) for own in (sized.drain, sized.drain_model, sized.drain_over_model)),
                    ]
                    for sized in figures.by_workers
                ],
            )
        )
    return Section("Queue and drain", blocks)


def _failures(report: Report, figures: Figures) -> Section:
    return Section(
        "Failures and the ledger",
        [
            Text(
                "Over all runs under this load, also those left out because a gate failed. In brackets the share that "
                f"the true one is below, with {100 * report.confidence:g} % confidence: 3/n where nothing was seen."
            ),
            Table(
                "What ought not to happen",
                ["", *(each.name for each in report.environments)],
                [
                    [events.label, *(_share(events, each.name) for each in report.environments)]
                    for events in figures.events
                ],
            ),
        ],
    )


def _share(events: Events, environment: str) -> str:
    share = events.environments[environment]
    if share is None:
        return NOT_MEASURED
    return f"{share.events:,} of {share.trials:,} {events.of} (below {percent(share.upper_bound)})"


def _references(report: Report, figures: Figures) -> Section:
    rows = [row for row in figures.rows if any(row.key in reference.figures for reference in figures.references)]
    printed = "; ".join(f"{each.environment} {each.printed_per_second:g}/s" for each in figures.references)
    return Section(
        "Beside the reference system",
        [
            Text(
                "† marks what the reference system published about itself, for the same load and workers: one run "
                "each, on other computers, so nothing here shows a difference to it. Its peak depth is the highest of "
                "the minutes that CloudWatch keeps, and can be too low."
            ),
            Text(
                f"Its rates are halved: its load generator reported each request {REPORTED_PER_REQUEST} times, "
                f"as it fired the event of a request once more than Locust does. Printed were {printed}."
            ),
            Table(
                "Published figures beside those of the runs",
                [
                    "",
                    *(each.name for each in report.environments),
                    *(f"† published: {reference.environment}" for reference in figures.references),
                ],
                [
                    [
                        f"{row.label}, {row.unit}",
                        *(estimated(own) for own in row.environments.values()),
                        *(number(reference.figures.get(row.key)) for reference in figures.references),
                    ]
                    for row in rows
                ],
            ),
        ],
    )
