"""The metrics that environments are compared by, with one value per run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.record.percentiles import percentiles
from loadtest.report.intervals import LEAST
from loadtest.report.measured_run import MeasuredRun, latencies, model_completions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loadtest.record.run import Deployment, EmulatorUse, Memory


class Metric(Struct, frozen=True):
    """One metric: its label, and its value in a run (None: not measured)."""

    key: str
    label: str
    unit: str
    value: Callable[[MeasuredRun], float | None]
    additive: bool = False
    """Whether it is a difference, which can be 0 or less and has no ratio."""


def model_latencies(run: MeasuredRun) -> list[float]:
    """Return the end-to-end seconds of each order by the queue model; empty if its settings are unknown."""
    completed = model_completions(run)
    if completed is None:
        return []
    arrivals = sorted(entry.created_at for entry in run.ledger)
    return [end - start for start, end in zip(arrivals, completed, strict=True)]


def _difference(whole: float | None, part: float | None) -> float | None:
    return whole - part if whole is not None and part is not None else None


def _quotient(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole is not None and whole >= LEAST else None


def _accepted_per_second(run: MeasuredRun) -> float | None:
    if run.steady is None:
        return None
    return sum(1 for entry in run.ledger if entry.accepted_at in run.steady) / run.steady.seconds


def _completed_per_second(run: MeasuredRun) -> float | None:
    ends = [entry.completed_at for entry in run.ledger if entry.completed_at is not None]
    if not ends:
        return None
    return _quotient(len(ends), max(ends) - min(entry.created_at for entry in run.ledger))


def _deployment(value: Callable[[Deployment], float | None]) -> Callable[[MeasuredRun], float | None]:
    return lambda run: value(run.run.deployment) if run.run.deployment else None


def _memory(service: str, value: Callable[[Memory], float | None]) -> Callable[[MeasuredRun], float | None]:
    return lambda run: value(run.run.memory[service]) if run.run.memory and service in run.run.memory else None


def _emulators(value: Callable[[EmulatorUse], float]) -> Callable[[MeasuredRun], float | None]:
    return lambda run: sum(map(value, run.run.emulator_use.values())) if run.run.emulator_use else None


def _created_seconds(deployment: Deployment) -> float | None:
    return None if deployment.wait_seconds is None else deployment.total_seconds - deployment.wait_seconds


RESPONSE = [
    Metric("response_mean", "Response time, mean", "ms", lambda run: run.run.requests.ms.mean),
    Metric("response_p50", "Response time, median", "ms", lambda run: run.run.requests.ms.p50),
    Metric("response_p95", "Response time, p95", "ms", lambda run: run.run.requests.ms.p95),
    Metric("response_p99", "Response time, p99", "ms", lambda run: run.run.requests.ms.p99),
]

THROUGHPUT = [
    Metric("offered", "Requests offered", "/s", lambda run: run.run.requests.offered_per_second),
    Metric("answered", "Requests answered", "/s", lambda run: run.run.requests.per_second),
    Metric("accepted", "Orders accepted", "/s", _accepted_per_second),
    Metric("completed", "Orders completed", "/s", _completed_per_second),
]

QUEUE = [
    Metric("peak_depth", "Peak depth of the queue", "orders", lambda run: run.run.queue.peak_depth),
    Metric("drain", "Drain time", "s", lambda run: run.run.queue.drain_seconds),
    Metric("drain_model", "Drain time, queue model", "s", lambda run: run.run.queue.model_drain_seconds),
    Metric(
        "drain_over_model",
        "Drain time, measured / model",
        "ratio",
        lambda run: _quotient(run.run.queue.drain_seconds, run.run.queue.model_drain_seconds),
    ),
    Metric(
        "drain_added",
        "Drain time, added to the model",
        "s",
        lambda run: _difference(run.run.queue.drain_seconds, run.run.queue.model_drain_seconds),
        additive=True,
    ),
]

END_TO_END = [
    Metric("end_to_end_p50", "End to end, median", "s", lambda run: percentiles(latencies(run.ledger)).p50),
    Metric("end_to_end_p95", "End to end, p95", "s", lambda run: percentiles(latencies(run.ledger)).p95),
    Metric("end_to_end_p99", "End to end, p99", "s", lambda run: percentiles(latencies(run.ledger)).p99),
    Metric("model_p50", "Queue model, median", "s", lambda run: percentiles(model_latencies(run)).p50),
    Metric("model_p95", "Queue model, p95", "s", lambda run: percentiles(model_latencies(run)).p95),
    Metric(
        "end_to_end_over_model",
        "End to end, measured / model",
        "ratio",
        lambda run: _quotient(percentiles(latencies(run.ledger)).p50, percentiles(model_latencies(run)).p50),
    ),
    Metric(
        "end_to_end_added",
        "End to end, median, added to the model",
        "s",
        lambda run: _difference(percentiles(latencies(run.ledger)).p50, percentiles(model_latencies(run)).p50),
        additive=True,
    ),
]

CALCULATED = {"drain_model", "model_p50", "model_p95"}
"""The keys of the metrics that come from the queue model, not from a measurement."""

EMULATORS = [
    Metric("host_cpu", "CPU of this computer, all programs", "%", lambda run: run.run.host_cpu_percent),
    Metric("emulator_cpu", "CPU of the emulators", "% of a core", _emulators(lambda use: use.cpu_percent)),
    Metric("emulator_memory", "Memory of the emulators, peak", "MiB", _emulators(lambda use: use.memory_mib)),
]

DEPLOYMENT = [
    Metric("deployment", "Deployment, total", "s", _deployment(lambda deployment: deployment.total_seconds)),
    Metric("deployment_made", "until all resources exist", "s", _deployment(_created_seconds)),
    Metric("deployment_wait", "then until they serve", "s", _deployment(lambda deployment: deployment.wait_seconds)),
    Metric("teardown", "Teardown", "s", _deployment(lambda deployment: deployment.teardown_seconds)),
]


def memory_metrics(services: Iterable[str]) -> list[Metric]:
    """Return the metrics of the services' memory. Growth is a factor, as a difference can be 0 or negative."""
    return [
        metric
        for service in services
        for metric in (
            Metric(
                f"memory_{service}",
                f"Memory of {service}, end of load",
                "MiB",
                _memory(service, lambda memory: memory.end_mib),
            ),
            Metric(
                f"memory_growth_{service}",
                f"Memory of {service}, end / start",
                "ratio",
                _memory(service, lambda memory: _quotient(memory.end_mib, memory.start_mib)),
            ),
        )
    ]
