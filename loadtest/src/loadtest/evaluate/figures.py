"""Calculate the figures of a run from its rows."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from statistics import fmean
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.evaluate.clocks import compare_clocks
from loadtest.evaluate.queue_model import completion_times
from loadtest.record.percentiles import Percentiles, percentiles
from loadtest.record.rows import LedgerEntry
from loadtest.record.run import Clocks, EmulatorUse, Memory, Orders, Queue, Requests, ResponseTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.record.measurements import Measurements
    from loadtest.record.rows import (
        Completion,
        DeadLetter,
        EmulatorSample,
        GeneratorSample,
        HostSample,
        MemorySample,
        QueueSample,
        Redelivery,
        Request,
    )
    from loadtest.record.run import Sizing
    from loadtest.record.scenario import Scenario

_MEMORY_LOGGED_EVERY_SECONDS = 10
_SHORTEST_SECONDS = 1e-3
"""A shorter time gives no rate."""
_CERTAIN_PART = 0.9
"""Of a payment; the rest covers the time that a worker takes between two of them."""


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


class RunFigures(Struct, frozen=True):
    """The figures of a run that follow from its rows, by their names in `run.json`."""

    requests: Requests
    orders: Orders
    queue: Queue
    end_to_end_seconds: Percentiles
    clocks: Clocks | None
    memory: dict[str, Memory] | None
    host_cpu_percent: float | None
    emulator_use: dict[str, EmulatorUse] | None


class Accounts(Struct, frozen=True):
    """What the figures and the gates are calculated from, besides the rows."""

    window: Window | None
    """The period of the load."""
    steady: Window | None
    """The part of it in which all users are running."""
    ledger: list[LedgerEntry]
    figures: RunFigures


def close_accounts(rows: Measurements, scenario: Scenario, sizing: Sizing) -> Accounts:
    """Calculate the ledger and the figures of a run."""
    window = load_window(rows.processes)
    steady = steady_window(window, scenario)
    clocks = compare_clocks(rows.requests, rows.completions)
    ledger = close_ledger(rows.requests, rows.completions, ahead=clocks.correction if clocks else 0.0)
    figures = RunFigures(
        requests=request_figures(rows.requests, steady, scenario),
        orders=order_figures(ledger, rows.dead_letters, rows.samples, rows.redeliveries),
        queue=queue_figures(ledger, rows.samples, sizing),
        end_to_end_seconds=percentiles(entry.latency_seconds for entry in ledger if entry.latency_seconds is not None),
        clocks=clocks,
        memory=memory_figures(rows.memory, window),
        host_cpu_percent=host_cpu(rows.host, window),
        emulator_use=emulator_use(rows.emulators, window),
    )
    return Accounts(window, steady, ledger, figures)


def load_window(processes: Sequence[Sequence[GeneratorSample]]) -> Window | None:
    """Return the period of the load, in which requests could start.

    Each Locust process takes its first sample at the start of the load and its last sample at the end.
    """
    times = [sample.time for samples in processes for sample in samples]
    if not times or max(times) - min(times) < _SHORTEST_SECONDS:
        return None
    return Window(min(times), max(times))


def steady_window(window: Window | None, scenario: Scenario) -> Window | None:
    """Return the part of the load in which all users are running: after the ramp, and until it ends as planned.

    Locust stops the load some hundredths of a second later, in which the open model has nothing due.
    """
    if window is None or window.seconds <= scenario.ramp_seconds:
        return None
    return Window(window.start + scenario.ramp_seconds, min(window.end, window.start + scenario.duration_seconds))


def request_figures(requests: Sequence[Request], steady: Window | None, scenario: Scenario) -> Requests:
    """Return the requests' counts, of the whole load, and their rates and response times in the steady window.

    A request without an answer has no response time.
    """
    inside = [request for request in requests if steady is not None and request.begins_at in steady]
    times = [request.waited_ms for request in inside if request.status]
    tail = percentiles(times)
    answered = sum(1 for request in requests if request.status and steady is not None and request.ended_at in steady)
    return Requests(
        count=len(requests),
        failures=sum(1 for request in requests if request.error),
        per_second=answered / steady.seconds if steady else None,
        offered_per_second=len(inside) / steady.seconds if steady else None,
        ms=ResponseTimes(
            mean=fmean(times) if times else None,
            p50=tail.p50,
            p95=tail.p95,
            p99=tail.p99,
            max=max(times, default=None),
        ),
        missed=max(0, scenario.arrivals - len(requests)) if scenario.arrivals is not None else None,
        late_max_ms=max((request.late_ms for request in requests if request.due_at is not None), default=None),
    )


def close_ledger(
    requests: Sequence[Request], completions: Sequence[Completion], *, ahead: float = 0.0
) -> list[LedgerEntry]:
    """Return an entry for each accepted order, ordered by time of acceptance; completions of other orders are ignored.

    An order is accepted when its answer is complete. Its latency is the time from its creation by the API to its first
    completion, both by the services' clocks, which are `ahead` seconds ahead of the load generator's.
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
                completed_at=first.completed_at - ahead if first else None,
                times_completed=len(records),
                latency_seconds=first.completed_at - first.created_at if first else None,
            )
        )
    return entries


def order_figures(
    ledger: Sequence[LedgerEntry],
    dead_letters: Sequence[DeadLetter] | None,
    samples: Sequence[QueueSample],
    redeliveries: Sequence[Redelivery] | None = None,
) -> Orders:
    """Return how many orders were accepted, completed, dead-lettered, lost and delivered again.

    Dead letters are this run's by the ids of their orders: the growth of the queue would take those of others for its
    own, and hide as many losses. Where they were not read, the last two are known only if the queue ended with none.
    """
    if dead_letters is None and samples and not samples[-1].dead_letters:
        dead_letters = []
    completed = {entry.order_id for entry in ledger if entry.times_completed}
    accepted = {entry.order_id for entry in ledger}
    dead = None
    if dead_letters is not None:
        dead = len(accepted & {letter.order_id for letter in dead_letters} - completed)
    return Orders(
        accepted=len(ledger),
        completed=len(completed),
        duplicated=sum(1 for entry in ledger if entry.times_completed > 1),
        dead_lettered=dead,
        lost=len(ledger) - len(completed) - dead if dead is not None else None,
        redelivered=None if redeliveries is None else len(accepted & {each.order_id for each in redeliveries}),
    )


def queue_figures(ledger: Sequence[LedgerEntry], samples: Sequence[QueueSample], sizing: Sizing) -> Queue:
    """Return the depth of the queue, and its drain time, measured and by the queue model.

    Both drain times start at the last creation of an order, as nothing arrives afterwards, and end at the last
    completion. The services log both, so that neither the samples of the queue nor other clocks limit their precision.
    """
    peak_depth = max((sample.depth for sample in samples), default=None)
    completed = [entry.completed_at for entry in ledger if entry.completed_at is not None]
    if not completed or len(completed) < len(ledger):
        return Queue(peak_depth, None, None)
    arrivals = [entry.created_at for entry in ledger]
    model = None
    if sizing.workers is not None and sizing.payment_seconds is not None:
        times = completion_times(arrivals, workers=sizing.workers, payment_seconds=sizing.payment_seconds)
        model = times[-1] - max(arrivals)
    return Queue(peak_depth, max(completed) - max(arrivals), model)


def most_at_once(ledger: Sequence[LedgerEntry], payment_seconds: float) -> int:
    """Return the most payments that were in progress at the same time, judging by when they were completed.

    Each is taken to be a tenth shorter than it was, so that those that follow each other do not count together. The
    messages in flight would not tell: those whose payment is over, but not yet acknowledged, are among them.
    """
    ends = [entry.completed_at for entry in ledger if entry.completed_at is not None]
    changes = sorted([(end - _CERTAIN_PART * payment_seconds, 1) for end in ends] + [(end, -1) for end in ends])
    return max(accumulate(change for _, change in changes), default=0)


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


def host_cpu(samples: Sequence[HostSample], window: Window | None) -> float | None:
    """Return the mean use of all cores during the load; None without samples."""
    used = [sample.cpu_percent for sample in samples if window is not None and sample.time in window]
    return fmean(used) if used else None


def emulator_use(samples: Sequence[EmulatorSample], window: Window | None) -> dict[str, EmulatorUse] | None:
    """Return what each emulator used during the load; None without samples."""
    inside: defaultdict[str, list[EmulatorSample]] = defaultdict(list)
    for sample in samples:
        if window is not None and sample.time in window:
            inside[sample.emulator].append(sample)
    return {
        name: EmulatorUse(fmean(each.cpu_percent for each in own), max(each.memory_mib for each in own))
        for name, own in sorted(inside.items())
    } or None
