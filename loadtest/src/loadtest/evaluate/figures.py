"""Calculate the figures of a run from its rows."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.evaluate.queue_model import completion_times
from loadtest.record.percentiles import percentiles
from loadtest.record.rows import LedgerEntry
from loadtest.record.run import Memory, Orders, Queue, Requests, ResponseTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.record.rows import Completion, GeneratorSample, MemorySample, QueueSample, Request
    from loadtest.record.run import Sizing
    from loadtest.record.scenario import Scenario

_MEMORY_LOGGED_EVERY_SECONDS = 10
_SHORTEST_SECONDS = 1e-3
"""A shorter time gives no rate."""


class Window(Struct, frozen=True):
    """A period, in unix seconds."""

    start: float
    end: float

    def __contains__(self, time: float) -> bool:
        """Return whether a time lies in the period, its end excluded."""
        return self.start <= time < self.end

    @property
    def seconds(self) -> float:
        """Length of the period."""
        return self.end - self.start


def load_window(processes: Sequence[Sequence[GeneratorSample]]) -> Window | None:
    """Return the period of the load, in which requests could start.

    Each Locust process takes its first sample at the start of the load and its last sample at the end.
    """
    times = [sample.time for samples in processes for sample in samples]
    if not times or max(times) - min(times) < _SHORTEST_SECONDS:
        return None
    return Window(min(times), max(times))


def request_figures(requests: Sequence[Request], window: Window | None, scenario: Scenario) -> Requests:
    """Return the requests' counts, rates and response times; a request without an answer has no response time."""
    answered = [request for request in requests if request.status]
    times = [request.response_ms for request in answered]
    tail = percentiles(times)
    per_second = None
    if answered:
        first, last = min(each.started_at for each in requests), max(each.ended_at for each in answered)
        per_second = len(answered) / (last - first) if last - first >= _SHORTEST_SECONDS else None
    return Requests(
        count=len(requests),
        failures=sum(1 for request in requests if request.error),
        per_second=per_second,
        offered_per_second=scenario.arrivals_per_second or (len(requests) / window.seconds if window else None),
        ms=ResponseTimes(
            mean=fmean(times) if times else None,
            p50=tail.p50,
            p95=tail.p95,
            p99=tail.p99,
            max=max(times, default=None),
        ),
        missed=max(0, scenario.arrivals - len(requests)) if scenario.arrivals is not None else None,
    )


def close_ledger(requests: Sequence[Request], completions: Sequence[Completion]) -> list[LedgerEntry]:
    """Return an entry for each accepted order, ordered by time of acceptance; completions of other orders are ignored.

    An order is accepted when its answer is complete. Its latency is the time from its creation by the API to its first
    completion, both by the services' clocks.
    """
    completed: defaultdict[str, list[Completion]] = defaultdict(list)
    for completion in completions:
        completed[completion.order_id].append(completion)
    accepted = {request.order_id: request.ended_at for request in requests if request.order_id}
    entries = []
    for order_id, accepted_at in sorted(accepted.items(), key=lambda item: item[1]):
        records = completed.get(order_id, [])
        first = min(records, key=lambda record: record.completed_at, default=None)
        entries.append(
            LedgerEntry(
                order_id=order_id,
                accepted_at=accepted_at,
                completed_at=first.completed_at if first else None,
                times_completed=len(records),
                latency_seconds=first.completed_at - first.created_at if first else None,
            )
        )
    return entries


def order_figures(ledger: Sequence[LedgerEntry], samples: Sequence[QueueSample]) -> Orders:
    """Return how many orders were accepted, completed, dead-lettered and lost; the last two need queue samples."""
    accepted = len(ledger)
    completed = sum(1 for entry in ledger if entry.times_completed)
    dead_lettered = max(0, samples[-1].dead_letters - samples[0].dead_letters) if samples else None
    return Orders(
        accepted=accepted,
        completed=completed,
        duplicated=sum(1 for entry in ledger if entry.times_completed > 1),
        dead_lettered=dead_lettered,
        lost=max(0, accepted - completed - dead_lettered) if dead_lettered is not None else None,
    )


def queue_figures(ledger: Sequence[LedgerEntry], samples: Sequence[QueueSample], sizing: Sizing) -> Queue:
    """Return the depth and the drain time of the queue, measured and by the queue model.

    Both drain times start when the last order was accepted, as nothing arrives afterwards. (Locust exits seconds later,
    after it has written its reports.)
    """
    peak_depth = max((sample.depth for sample in samples), default=None)
    load_end = max((entry.accepted_at for entry in ledger), default=None)
    if load_end is None:
        return Queue(peak_depth, None, None)
    drained_at = empty_since(samples)
    measured = drained_at is not None and samples[-1].time >= load_end
    model = None
    if sizing.workers is not None and sizing.payment_seconds is not None:
        arrivals = [entry.created_at for entry in ledger]
        model = completion_times(arrivals, workers=sizing.workers, payment_seconds=sizing.payment_seconds)[-1]
    return Queue(
        peak_depth,
        max(0.0, drained_at - load_end) if drained_at is not None and measured else None,
        max(0.0, model - load_end) if model is not None else None,
    )


def empty_since(samples: Sequence[QueueSample]) -> float | None:
    """Return the time of the first sample after which the queue stays empty; None if the last sample is not empty."""
    since = None
    for sample in reversed(samples):
        if sample.depth:
            break
        since = sample.time
    return since


def memory_figures(samples: Sequence[MemorySample], window: Window | None) -> dict[str, Memory] | None:
    """Return the memory of each service's largest process, from samples ordered by time; None without samples.

    Start and end are the first and the last ten seconds with samples during the load; each process has one in both.
    """
    figures = {}
    for service in sorted({sample.service for sample in samples}):
        own = [sample for sample in samples if sample.service == service]
        loaded = [sample for sample in own if window is not None and sample.time in window]
        first = [each for each in loaded if each.time < loaded[0].time + _MEMORY_LOGGED_EVERY_SECONDS]
        last = [each for each in loaded if each.time > loaded[-1].time - _MEMORY_LOGGED_EVERY_SECONDS]
        figures[service] = Memory(
            start_mib=max((each.memory_mib for each in first), default=None),
            end_mib=max((each.memory_mib for each in last), default=None),
            peak_mib=max(each.memory_mib for each in own),
        )
    return figures or None
