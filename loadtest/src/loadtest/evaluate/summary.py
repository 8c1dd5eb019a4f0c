"""What happened in a run, in three lines: its orders and response times, its backlog, and whether that is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED

if TYPE_CHECKING:
    from loadtest.record.run import Run

_NOTHING_ABOUT_AWS = "emulators say nothing about AWS's latency, throttling and capacity"


def summary(run: Run) -> list[str]:
    """Return the three lines; what was not measured is a dash, never 0."""
    return [f"{_orders(run)}; {_response(run)}", _backlog(run), _validity(run)]


def _orders(run: Run) -> str:
    orders = run.orders
    failed = f", {run.requests.failures:,} of {run.requests.count:,} requests failed" if run.requests.failures else ""
    accepted = f"{orders.accepted:,} orders{failed}"
    if orders.lost is None or orders.dead_lettered is None:
        return f"{accepted}; whether any was lost is unknown"
    counts = {"lost": orders.lost, "dead-lettered": orders.dead_lettered, "completed twice": orders.duplicated}
    wrong = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f"{accepted}, {', '.join(wrong) if wrong else 'none lost, dead-lettered or completed twice'}"


def _response(run: Run) -> str:
    ms = run.requests.ms
    return f"median response {_decimal(ms.p50)} ms, p99 {_decimal(ms.p99)} ms"


def _backlog(run: Run) -> str:
    queue = run.queue
    if queue.peak_depth is None:
        return "How many orders waited in the queue is unknown"
    if queue.peak_depth == 0:
        return "No order waited in the queue"
    backlog = f"Backlog of {queue.peak_depth:,} orders"
    if queue.drain_seconds is None:
        return f"{backlog} did not drain"
    if queue.model_drain_seconds is None:
        return f"{backlog} drained in {queue.drain_seconds:.1f} s"
    sizing = f"{run.settings['workers']} workers, {float(run.settings['payment_seconds']):g} s a payment"
    drained = f"{backlog} drained in {queue.drain_seconds:.1f} s"
    return f"{drained}; arithmetic says {queue.model_drain_seconds:.1f} s ({sizing})"


def _validity(run: Run) -> str:
    failed = [gate.name for gate in run.gates if not gate.passed]
    checks = f"{len(run.gates) - len(failed)} of {len(run.gates)} checks passed"
    if failed:
        checks += f", not: {', '.join(failed)}"
    return f"{checks}; {_NOTHING_ABOUT_AWS}" if run.emulators else checks


def _decimal(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:,.1f}"
