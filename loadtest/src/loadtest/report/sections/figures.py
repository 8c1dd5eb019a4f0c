"""The sections on what the runs measured: the tail, the runs one by one, the backlog, and what became of the orders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.charts import backlog, flow, runs, tail
from loadtest.report.charts.flow import Flow, Part
from loadtest.report.document import Chart, Section, Table, Text
from loadtest.report.formatting import number, percent
from loadtest.report.outliers import KEY_FIGURES
from loadtest.report.sections.circumstances import HEADER, circumstance_cells
from loadtest.report.sections.tables import estimated, rows_table

if TYPE_CHECKING:
    from loadtest.report.document import Block
    from loadtest.report.report import Events, Figures, Report, Row, RunEntry, Share

_BY_RUN = ("response_p50", "response_p99", "response_p95", "drain_over_model")
"""The figures that are drawn run by run, as far as there are panels for them."""
_MOST_PANELS = 3


def tail_section(report: Report, figures: Figures) -> Section:
    """Return the section on the distribution of the response times."""
    blocks: list[Block] = [
        Text(
            "A line and a strip for each run, of the requests in the steady window, after the ramp. In the open model "
            "they count from when a request was due. A percentile needs ten answers beyond it, so a line ends where "
            "fewer are left: p95 needs 200 answers, p99 1,000, p99.9 10,000."
        ),
    ]
    if not figures.distributions:
        return Section("Tail", [*blocks, Text("No run has an answered request in the steady window.")])
    described = (
        "On the left a line for each run, from the median to the percentile 99.9, over response times on a logarithmic "
        "axis. On the right, on the same axis, a strip for each run with a hundred marks; dense where most answers are."
    )
    names = list(dict.fromkeys(each.environment for each in figures.distributions))
    rows = [
        [
            tail.label(mille),
            *(tail.between(*own[name]) if name in own else NOT_MEASURED for name in names),
        ]
        for mille, own in tail.spread(figures.distributions).items()
    ]
    table = Table(f"Percentiles, ms{'' if report.single_run else ': least to most of the runs'}", ["", *names], rows)
    title = "Response times: their tail, and where the answers are"
    blocks.append(Chart("tail", title, described, partial(tail.draw, figures.distributions), table))
    return Section("Tail", blocks)


def runs_section(report: Report, figures: Figures) -> Section:
    """Return the section on the runs one by one, in order of time."""
    made = sorted((run for run in report.runs if run.started_at), key=lambda run: (str(run.started_at), run.label))
    labels = {metric.key: f"{metric.label}, {metric.unit}" for metric in KEY_FIGURES}
    by_run = {labels[key]: [run.figures.get(key) for run in made] for key in _BY_RUN}
    shown = dict(list(_measured(by_run).items())[:_MOST_PANELS])
    below = _measured(
        {
            "CPU of this computer, %": [run.host_cpu_percent for run in made],
            "Latest order, ms late": [run.late_max_ms for run in made],
        }
    )
    described = (
        "Panels above a common axis with a place for each run, in order of time: "
        f"{'; '.join([*shown, *below])}. A mark for each run, in the style of its environment; dotted lines join "
        "those of a round. A ring is a figure unlike the others of its environment, a pale mark a run that is not "
        "compared. A vertical line is a restart or another version."
    )
    chart = Chart("runs", "Runs in order of time", described, partial(runs.draw, made, shown, below), _runs_table(made))
    note = Text(
        "Dotted lines join the runs of a round. A ring is a figure far from those of its environment's other runs, a "
        "pale mark a run that is not compared, a vertical line a restart or another version."
    )
    blocks: list[Block] = [note, chart]
    if figures.distributions:
        groups = [
            [
                each.run,
                each.environment,
                f"{number(each.peaks.fast_ms)} and {number(each.peaks.slow_ms)}",
                number(100 * each.peaks.slow_share),
            ]
            for each in figures.distributions
            if each.peaks
        ]
        header = ["Run", "Environment", "Near, ms", "Slow, %"]
        if groups:
            blocks.append(Table("Runs whose response times come in two groups", header, groups))
    return Section("Runs in order of time", blocks)


def _measured(values: dict[str, list[float | None]]) -> dict[str, list[float | None]]:
    return {label: own for label, own in values.items() if any(value is not None for value in own)}


def _runs_table(made: list[RunEntry]) -> Table:
    return Table(
        "Runs in the order in which they were made",
        ["Run", "Environment", "Round", *HEADER, "Unlike the others", "Changed"],
        [
            [
                run.label,
                run.environment or NOT_MEASURED,
                number(run.round),
                *circumstance_cells(run),
                ", ".join(run.outliers) or NOT_MEASURED,
                ", ".join(run.changes) or NOT_MEASURED,
            ]
            for run in made
        ],
    )


def backlog_section(figures: Figures) -> Section:
    """Return the section on the backlog and its drain, measured and by the queue model."""
    rows = {row.key: row for row in figures.queue}
    described = (
        "For each environment two lines over the seconds since the start of the load: the orders that were created, "
        "but not completed, and the same by the queue model."
    )
    timelines = figures.timelines
    most = 12
    steps = len(next(iter(timelines.environments.values())).backlog)
    names = list(timelines.environments)
    table = Table(
        "Backlog at some of the times, orders",
        ["second", *(f"{name}{what}" for name in names for what in ("", ", by the model"))],
        [
            [
                f"{(step + 1) * timelines.bin_seconds}",
                *(
                    number(values[step])
                    for own in timelines.environments.values()
                    for values in (own.backlog, own.backlog_model)
                ),
            ]
            for step in range(0, steps, max(1, -(-steps // most)))
        ],
    )
    blocks: list[Block] = [
        Text(
            "Orders that were created, but not completed, by the services' log. The drain is from the last creation of "
            "an order to the last completion. The queue model is the same run if only the payments took time: the "
            "measured time beyond it is the environment's. In the closed model a faster environment is offered more "
            "load, and has more to drain."
        ),
        Chart(
            "backlog",
            "Backlog, measured and by the queue model",
            described,
            partial(backlog.draw, timelines.environments, _added(rows), timelines.bin_seconds),
            table,
        ),
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
    return Section("Backlog", blocks)


def _added(rows: dict[str, Row]) -> list[str]:
    """Return for each environment how long its backlog drained, and what of that it added to the model."""
    lines = []
    for name, drain in rows["drain"].environments.items():
        model, added = (rows[key].environments[name].centre for key in ("drain_model", "drain_added"))
        if drain.centre is None:
            lines.append(f"{name}: not drained")
        elif model is None or added is None:
            lines.append(f"{name}: {number(drain.centre)} s")
        else:
            lines.append(f"{name}: {number(drain.centre)} s, model {number(model)} s: {added:+.2f} s")
    return lines


def ledger_section(report: Report, figures: Figures) -> Section:
    """Return the section on what became of the orders."""
    runs_of = "" if report.single_run else "Over all runs under this load, including those left out for a failed gate. "
    bound = "" if report.single_run else " That of runs does not."
    table = Table(
        "Failures by environment",
        ["", *(each.name for each in report.environments)],
        [row for events in figures.events for row in _shares(report, events)],
    )
    described = (
        "For each environment a bar of the accepted orders that flows into those that were completed, dead-lettered "
        "and lost, and those that were completed twice. A dotted line is none."
    )
    flows = [_flow(figures, each.name) for each in report.environments]
    return Section(
        "Ledger",
        [
            Text(
                f"{runs_of}In brackets the upper bounds of the true shares, with {100 * report.confidence:g} % "
                "confidence. That of requests and orders takes them for independent; as failures come in bursts, the "
                f"share can be larger.{bound}"
            ),
            Chart("ledger", "What became of the accepted orders", described, partial(flow.draw, flows), table),
        ],
    )


def _flow(figures: Figures, environment: str) -> Flow:
    shares = {events.key: events.environments[environment] for events in figures.events}
    accepted = next((share.trials for key, share in shares.items() if key != "failures" and share), 0)
    dead, lost, twice = (shares[key] for key in ("dead_lettered", "lost", "duplicated"))
    completed = accepted - dead.events - lost.events if dead and lost else None
    share = f"{100 * completed / accepted:.4g} %" if completed is not None and accepted else NOT_MEASURED
    return Flow(
        environment,
        accepted,
        Part("completed", completed, share),
        [_part("dead-lettered", dead), _part("lost", lost), _part("completed twice", twice)],
    )


def _part(label: str, share: Share | None) -> Part:
    if share is None:
        return Part(label, None, "not measured")
    return Part(label, share.events, f"below {percent(share.upper_bound)}")


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
    return [[events.label, *of_events], [f"{events.label}: in how many runs", *of_runs]]


def figure_tables(report: Report, figures: Figures) -> list[Table]:
    """Return the tables of all figures by family, for the appendix."""
    families = {
        "Response times": figures.response,
        "Throughput": figures.throughput,
        "Queue and drain time": figures.queue,
        "From creation to completion of an order": figures.end_to_end,
    }
    return [rows_table(report, caption, rows) for caption, rows in families.items()]
