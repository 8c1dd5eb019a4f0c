"""Evaluate a run directory: write `run.json` and `ledger.csv` from its other files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loadtest.errors import FileError
from loadtest.evaluate import gates
from loadtest.evaluate.figures import (
    close_ledger,
    load_window,
    memory_figures,
    order_figures,
    queue_figures,
    request_figures,
)
from loadtest.record.documents import read_document
from loadtest.record.measurements import read_measurements
from loadtest.record.percentiles import percentiles
from loadtest.record.rows import LedgerEntry, write_rows
from loadtest.record.run import Context, Generator, LocustEntry, Run
from loadtest.record.run_directory import write_atomically
from loadtest.record.scenario import read_scenario

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory


def evaluate(run_directory: RunDirectory) -> Run:
    """Calculate the figures and gates of a run, write `run.json` and `ledger.csv`, and return the run.

    Raises FileError when a file is missing or damaged, or when the files are of different scenarios.
    """
    scenario = read_scenario(run_directory.scenario)
    context = read_document(run_directory.context, Context)
    generator = read_document(run_directory.generator, Generator)
    counted = read_document(run_directory.locust, list[LocustEntry]) if run_directory.locust.exists() else None
    if context.scenario != scenario.name:
        raise FileError(run_directory.context, f"scenario is {context.scenario!r}, but {scenario.name!r} was sent")
    rows = read_measurements(run_directory)
    requests, samples = rows.requests, rows.samples

    window = load_window(rows.processes)
    steady = gates.steady_window(window, scenario)
    ledger = close_ledger(requests, rows.completions)
    sent = request_figures(requests, window, scenario)
    orders = order_figures(ledger, samples)
    queue = queue_figures(ledger, samples, context.sizing)
    answers = sum(1 for request in requests if request.order_id)
    own = sum(entry.times_completed for entry in ledger)
    # The synchronous path sends nothing to the queue, and its users may wait until their timeout.
    asynchronous = scenario.path == "/orders/async"
    closed_model = scenario.arrivals is None
    checked = [
        (True, gates.queue_empty_at_start(samples, requests)),
        (True, gates.load_sent_as_planned(rows.processes, requests, scenario)),
        (True, gates.every_request_recorded(sent, counted)),
        (True, gates.requests_succeed(sent, scenario)),
        (asynchronous, gates.offered_load_achieved(requests, sent)),
        (asynchronous and closed_model, gates.littles_law(requests, steady, scenario)),
        (True, gates.generator_cpu(rows.processes, steady)),
        (
            asynchronous,
            gates.ledger_closes(orders, repeated=answers - len(ledger), foreign=len(rows.completions) - own),
        ),
        (asynchronous, gates.no_order_completed_twice(orders)),
        (asynchronous, gates.queue_drained(queue, samples)),
    ]
    run = Run(
        environment=context.environment,
        run_id=context.run_id,
        scenario=context.scenario,
        started_at=context.started_at,
        versions={**context.versions, "locust": generator.locust, "generator_python": generator.python},
        settings=context.settings,
        host=context.host,
        requests=sent,
        orders=orders,
        queue=queue,
        end_to_end_seconds=percentiles(entry.latency_seconds for entry in ledger if entry.latency_seconds is not None),
        memory=memory_figures(rows.memory, window),
        deployment=context.deployment,
        cost=context.cost,
        gates=[gate for applies, gate in checked if applies],
    )
    write_rows(run_directory.ledger, LedgerEntry, ledger)
    write_atomically(run_directory.run, msgspec.json.format(msgspec.json.encode(run), indent=2).decode() + "\n")
    return run
