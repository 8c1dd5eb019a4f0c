"""The sections on what the runs measured."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.charts import dumbbell, ecdf, strips
from loadtest.report.document import Chart, Section, Table, Text
from loadtest.report.formatting import number, percent
from loadtest.report.reference import REPORTED_PER_REQUEST
from loadtest.report.sections.over_time import endurance, timeline
from loadtest.report.sections.tables import estimated, rows_table

if TYPE_CHECKING:
    from loadtest.report.document import Block
    from loadtest.report.report import Events, Figures, Report
    from loadtest.report.shape import Peaks

_TYPICAL = {
    *("response_p50", "response_p95", "completed", "peak_depth", "drain", "drain_over_model"),
    *("end_to_end_p50", "end_to_end_over_model"),
}


def figure_sections(report: Report) -> list[Section]:
    """Return the sections with the figures; empty if no run can be compared."""
    figures = report.figures
    if figures is None:
        return []
    found = [
        _overview(report, figures),
        timeline(report, figures),
        _responses(report, figures),
        Section(
            "Throughput",
            [
                Text(
                    "Offered, answered, accepted: in the steady window, after the ramp. In the closed model, what is "
                    "offered depends on the response times. Completed: divided by the time from the first order to the "
                    "last completion."
                ),
                rows_table(report, "Throughput", figures.throughput),
            ],
        ),
        _failures(report, figures),
        _queue(report, figures),
        Section("End to end", [rows_table(report, "From creation to completion of an order", figures.end_to_end)]),
        endurance(report, figures),
    ]
    if figures.references:
        found.append(_references(report, figures))
    return found


def _overview(report: Report, figures: Figures) -> Section:
    typical = [row for row in figures.rows if row.key in _TYPICAL]
    scenario = figures.scenario
    blocks: list[Block] = [Text(f"Scenario {scenario.name}: {scenario.terms}.")]
    if not report.several_environments:
        blocks.append(rows_table(report, "Figures", typical))
    elif rows := dumbbell.drawable(typical):
        title = "Typical figures, as multiples of the first environment's"
        described = f"For each of {len(rows)} figures a mark for every environment, with its interval if it has one."
        blocks.append(
            Chart(
                "dumbbell",
                title,
                described,
                partial(dumbbell.draw, rows),
                rows_table(report, "Figures of the chart", rows),
            )
        )
    return Section("At a glance", blocks)


def _responses(report: Report, figures: Figures) -> Section:
    title = "Distribution of response times"
    described = (
        "For each run a step line from 0 % to 100 % over response times in milliseconds; further left is faster."
    )
    table = rows_table(report, "Response times", figures.response)
    blocks: list[Block] = [
        Text(
            "Of the requests in the steady window, after the ramp. In the open model they count from when a request "
            "was due. A percentile needs ten answers beyond it: the median 20 answers, p95 200, p99 1,000."
        ),
    ]
    if figures.distributions:
        drawn = figures.distributions
        blocks.append(Chart("ecdf", title, described, partial(ecdf.draw, drawn), table))
        groups = Table(
            "Shape of the response times",
            ["Run", "Environment", "Groups", "Near, ms", "Slow, %"],
            [[each.run, each.environment, *_groups(each.peaks)] for each in drawn],
            folded=True,
        )
        strips_title = "Where the answers are: a mark for each per cent of them"
        described = "For each run a strip with a hundred marks over response times; dense where most answers are."
        blocks.append(Chart("strips", strips_title, described, partial(strips.draw, drawn), groups))
    else:
        blocks.append(table)
    return Section("Response times", blocks)


def _groups(peaks: Peaks | None) -> list[str]:
    if peaks is None:
        return ["1", NOT_MEASURED, NOT_MEASURED]
    return ["2", f"{number(peaks.fast_ms)} and {number(peaks.slow_ms)}", number(100 * peaks.slow_share)]


def _queue(report: Report, figures: Figures) -> Section:
    blocks: list[Block] = [
        Text(
            "From the last creation of an order to the last completion. The queue model is the same run if only "
            "the payments took time. In the closed model a faster environment is offered more load and has more to "
            "drain; what an environment adds is measured / model, and the seconds added."
        ),
        rows_table(report, "Queue and drain time", figures.queue),
    ]
    if figures.by_workers:
        blocks.append(
            Table(
                "Drain time by number of workers, including runs that are left out for their number of workers",
                ["Workers", "Environment", "Runs", "Drain time, s", "Queue model, s", "Measured / model"],
                [
                    [
                        f"{each.workers:,}",
                        each.environment,
                        f"{len(each.drain.values)}",
                        *(estimated(own) for own in (each.drain, each.drain_model, each.drain_over_model)),
                    ]
                    for each in figures.by_workers
                ],
            )
        )
    return Section("Queue and drain time", blocks)


def _failures(report: Report, figures: Figures) -> Section:
    runs, bound = "", ""
    if not report.single_run:
        runs = "Over all runs under this load, including those left out for a failed gate. "
        bound = " That of runs does not."
    return Section(
        "Failed requests and lost orders",
        [
            Text(
                f"{runs}In brackets the upper bounds of the true shares, with {100 * report.confidence:g} % "
                "confidence. That of requests and orders takes them for independent; as failures come in bursts, the "
                f"share can be larger.{bound}"
            ),
            Table(
                "Failures by environment",
                ["", *(each.name for each in report.environments)],
                [row for events in figures.events for row in _shares(report, events)],
            ),
        ],
    )


def _shares(report: Report, events: Events) -> list[list[str]]:
    """Return a row with the share of the events, and, of several runs, one with the share of runs that have any."""
    shares = [events.environments[each.name] for each in report.environments]
    of_events = [
        NOT_MEASURED
        if share is None
        else f"{share.events:,} of {share.trials:,} {events.of} (below {percent(share.upper_bound)})"
        for share in shares
    ]
    if report.single_run:
        return [[events.label, *of_events]]
    of_runs = [
        NOT_MEASURED
        if share is None
        else f"{share.runs_with_events} of {share.runs} runs (below {percent(share.upper_bound_of_runs)})"
        for share in shares
    ]
    return [[events.label, *of_events], ["in how many runs", *of_runs]]


def _references(report: Report, figures: Figures) -> Section:
    rows = [row for row in figures.rows if any(row.key in reference.figures for reference in figures.references)]
    printed = "; ".join(f"{each.environment} {each.printed_per_second:g}/s" for each in figures.references)
    return Section(
        "Reference system",
        [
            Text(
                "† marks figures that the reference system published for the same load and workers. They come from one "
                "run each on other computers, with the ramp, so they show no difference. Its peak depth is the maximum "
                "of CloudWatch's values per minute, and can be too low."
            ),
            Text(
                f"Its rates are halved, as its load generator counted each request {REPORTED_PER_REQUEST} times: it "
                f"fired Locust's request event itself, in addition to Locust. The published rates are {printed}."
            ),
            Table(
                "Figures of the runs and published figures",
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
