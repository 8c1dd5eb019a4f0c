"""The gates: conditions that a run has to pass for its figures to be valid.

A gate that cannot be checked fails, and its detail says why.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from loadtest.evaluate.figures import most_at_once
from loadtest.record.run import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.evaluate.figures import Accounts, Window
    from loadtest.record.measurements import Measurements
    from loadtest.record.rows import DeadLetter, GeneratorSample, LedgerEntry, MemorySample, QueueSample, Request
    from loadtest.record.run import Clocks, LocustEntry, Orders, Queue, Requests, Sizing
    from loadtest.record.scenario import Scenario

_LEAST_ANSWERED_RATIO = 0.98
_LITTLES_LAW_TOLERANCE = 0.10
_DURATION_TOLERANCE_SECONDS = 1
_DURATION_TOLERANCE = 0.02
_CPU_PERCENT = 80
_MOST_BUSY_RATIO = 0.05
_LATE_MS = 100
_MOST_LATE_RATIO = 0.01
_LONGEST_GAP_SECONDS = 1.5
_MOST_SHIFT_SECONDS = 0.5
_LEAST_OF_MODEL = 0.97
_MEMORY_GAP_SECONDS = 20
"""A process logs its memory every ten seconds; the second ten are for one record that is late or missing."""


def check_gates(
    rows: Measurements, accounts: Accounts, scenario: Scenario, sizing: Sizing, counted: Sequence[LocustEntry] | None
) -> list[Gate]:
    """Check all gates that apply to the scenario; `counted` is Locust's own count, None if it left none.

    The synchronous path sends nothing to the queue, and its users may wait until their timeout.
    """
    figures, ledger, steady = accounts.figures, accounts.ledger, accounts.steady
    answers = sum(1 for request in rows.requests if request.order_id)
    own = sum(entry.times_completed for entry in ledger)
    asynchronous = scenario.path == "/orders/async"
    open_model = scenario.arrivals is not None
    checked = [
        (True, queue_empty_at_start(rows.samples, rows.requests)),
        (True, load_sent_as_planned(rows.processes, rows.requests, scenario)),
        (True, every_request_recorded(figures.requests, counted)),
        (True, requests_succeed(figures.requests, scenario)),
        (asynchronous and open_model, offered_load_achieved(rows.requests, figures.requests)),
        (open_model, orders_sent_when_due(rows.requests)),
        (asynchronous and not open_model, littles_law(rows.requests, steady, scenario)),
        (True, generator_cpu(rows.processes, steady)),
        (True, generator_never_paused(rows.processes)),
        (True, same_tasks_throughout(rows.memory, accounts.window, ledger)),
        (asynchronous, clocks_agree(figures.clocks, ledger, sizing)),
        (asynchronous, no_faster_than_the_model(figures.queue)),
        (asynchronous, no_more_payments_than_workers(ledger, sizing)),
        (
            asynchronous,
            ledger_closes(figures.orders, repeated=answers - len(ledger), foreign=len(rows.completions) - own),
        ),
        (asynchronous, no_order_dead_lettered(figures.orders, rows.dead_letters)),
        (asynchronous, no_order_completed_twice(figures.orders)),
        (asynchronous, queue_drained(rows.samples, ledger)),
    ]
    return [gate for applies, gate in checked if applies]


def queue_empty_at_start(samples: Sequence[QueueSample], requests: Sequence[Request]) -> Gate:
    """Check that no messages are left from before: the queue is empty in a sample older than the first request."""
    name = "queue empty at start"
    if not samples or not requests:
        return Gate(name, passed=False, detail=f"{len(samples)} queue samples, {len(requests)} requests")
    first = samples[0]
    lead = min(request.started_at for request in requests) - first.time
    if lead < 0:
        return Gate(name, passed=False, detail=f"first sample {-lead:.1f} s after the first request")
    detail = f"depth {first.depth:,}, {lead:.1f} s before the first request"
    return Gate(name, passed=first.depth == 0, detail=detail)


def load_sent_as_planned(
    processes: Sequence[Sequence[GeneratorSample]], requests: Sequence[Request], scenario: Scenario
) -> Gate:
    """Check that each Locust process sent load as long as the scenario says; open model: and no more than was due.

    A process takes its first sample at the start of the load and its last one at the end. The tolerance is a second,
    or 2 % of a longer load.
    """
    name = "load sent as planned"
    lengths = [samples[-1].time - samples[0].time for samples in processes if samples]
    if not lengths or len(lengths) < len(processes):
        return Gate(name, passed=False, detail="a Locust process without samples")
    planned = scenario.duration_seconds
    allowed = max(_DURATION_TOLERANCE_SECONDS, _DURATION_TOLERANCE * planned)
    worst = max(lengths, key=lambda seconds: abs(seconds - planned))
    detail = f"{worst:.1f} s of load, {planned} ± {allowed:g} s required"
    passed = abs(worst - planned) <= allowed
    if scenario.arrivals is not None:
        detail += f"; {len(requests):,} requests, at most {scenario.arrivals:,} due"
        passed = passed and len(requests) <= scenario.arrivals
    return Gate(name, passed=passed, detail=detail)


def every_request_recorded(figures: Requests, counted: Sequence[LocustEntry] | None) -> Gate:
    """Check that the rows are the requests and failures that Locust counted in all its processes.

    A killed process, or rows of another run, would make them differ. `counted` is None if Locust left no statistics.
    """
    name = "every request recorded"
    if counted is None:
        return Gate(name, passed=False, detail="no locust.json, which has Locust's count")
    requests, failures = sum(each.num_requests for each in counted), sum(each.num_failures for each in counted)
    detail = (
        f"{figures.count:,} requests recorded, {figures.failures:,} of them failed; Locust counted {requests:,}, "
        f"{failures:,} of them failed"
    )
    return Gate(name, passed=(figures.count, figures.failures) == (requests, failures), detail=detail)


def requests_succeed(figures: Requests, scenario: Scenario) -> Gate:
    """Check that no more requests fail than the scenario allows."""
    name = "requests succeed"
    if not figures.count:
        return Gate(name, passed=False, detail="no requests")
    ratio = figures.failures / figures.count
    allowed = scenario.max_failure_ratio
    detail = (
        f"{figures.failures:,} of {figures.count:,} failed: {100 * ratio:.2f} %, at most {100 * allowed:g} % allowed"
    )
    return Gate(name, passed=ratio <= allowed, detail=detail)


def offered_load_achieved(requests: Sequence[Request], figures: Requests) -> Gate:
    """Check that at least 98 % of the requests that were due were answered; open model only.

    In the closed model there is nothing to compare with, as its users send less to a system that answers slowly:
    Little's law takes the place of this gate.
    """
    name = "offered load achieved"
    due = len(requests) + (figures.missed or 0)
    if not due:
        return Gate(name, passed=False, detail="no request was due")
    answered = sum(1 for request in requests if request.status)
    ratio = answered / due
    detail = (
        f"{answered:,} of {due:,} due answered: {100 * ratio:.1f} %, "
        f"at least {100 * _LEAST_ANSWERED_RATIO:g} % required; {figures.missed or 0:,} missed"
    )
    return Gate(name, passed=ratio >= _LEAST_ANSWERED_RATIO, detail=detail)


def orders_sent_when_due(requests: Sequence[Request]) -> Gate:
    """Check that at most 1 % of the requests started more than 100 ms after they were due; open model only.

    A load generator that stalls sends what it owes all at once, which is another load than a constant arrival rate.
    """
    name = "orders sent when due"
    late = [request.late_ms for request in requests if request.due_at is not None]
    if not late or len(late) < len(requests):
        return Gate(name, passed=False, detail="it is not recorded when each request was due")
    count = sum(1 for each in late if each > _LATE_MS)
    detail = (
        f"{count:,} of {len(late):,} more than {_LATE_MS} ms late, at most {100 * _MOST_LATE_RATIO:g} % allowed; "
        f"the latest by {max(late):,.0f} ms"
    )
    return Gate(name, passed=count <= _MOST_LATE_RATIO * len(late), detail=detail)


def littles_law(requests: Sequence[Request], steady: Window | None, scenario: Scenario) -> Gate:
    """Check that N = X (R + Z) gives the number of users within 10 %.

    Little's law for the closed model (Little, "A Proof for the Queuing Formula L = lambda W", 1961), in the steady
    window: X requests started per second, R mean response time, Z mean think time. It fails when requests are counted
    twice, or when the load generator is too slow.
    """
    name = "Little's law"
    inside = [request for request in requests if steady is not None and request.started_at in steady]
    if steady is None or not inside:
        return Gate(name, passed=False, detail="no requests in the steady window")
    throughput = len(inside) / steady.seconds
    response = fmean(request.response_ms for request in inside) / 1000
    think = scenario.wait_seconds.mean
    users = throughput * (response + think)
    deviation = users / scenario.users - 1
    detail = (
        f"{throughput:.1f}/s x ({response:.4f} s + {think:.4f} s) = {users:.1f} users of {scenario.users}: "
        f"{100 * deviation:+.1f} %, at most ±{100 * _LITTLES_LAW_TOLERANCE:g} % allowed"
    )
    return Gate(name, passed=abs(deviation) <= _LITTLES_LAW_TOLERANCE, detail=detail)


def generator_cpu(processes: Sequence[Sequence[GeneratorSample]], steady: Window | None) -> Gate:
    """Check that each Locust process is at 80 % of a core or more in at most 5 % of the steady window's samples.

    A mean would hide a saturated half behind an idle one, and a maximum would fail a run for one moment. A Locust
    process uses one core; near 100 % its own delays count as response time.
    """
    name = f"generator CPU below {_CPU_PERCENT} %"
    uses = [
        [sample.cpu_percent for sample in samples if steady is not None and sample.time in steady]
        for samples in processes
    ]
    if not uses or not all(uses):
        return Gate(name, passed=False, detail="a Locust process without samples in the steady window")
    worst = max(uses, key=lambda use: _busy(use) / len(use))
    detail = (
        f"{_busy(worst)} of {len(worst)} samples at {_CPU_PERCENT} % or more, "
        f"at most {100 * _MOST_BUSY_RATIO:g} % of them allowed; mean {fmean(worst):.0f} %, max {max(worst):.0f} %"
    )
    return Gate(name, passed=_busy(worst) <= _MOST_BUSY_RATIO * len(worst), detail=detail)


def generator_never_paused(processes: Sequence[Sequence[GeneratorSample]]) -> Gate:
    """Check that each Locust process took its samples, one a second, without a gap of more than 1.5 s.

    A process that is stopped, or does not get the CPU, uses little of it: the gate on its CPU use takes it for idle.
    """
    name = "generator never paused"
    gaps = [later.time - earlier.time for samples in processes for earlier, later in pairwise(samples)]
    if not gaps:
        return Gate(name, passed=False, detail="a Locust process without samples")
    detail = f"{max(gaps):.1f} s between two samples at most, {_LONGEST_GAP_SECONDS:g} s allowed"
    return Gate(name, passed=max(gaps) <= _LONGEST_GAP_SECONDS, detail=detail)


def same_tasks_throughout(memory: Sequence[MemorySample], window: Window | None, ledger: Sequence[LedgerEntry]) -> Gate:
    """Check that no task of a service started or ended from the start of the load to the last completion.

    Each task logs its memory every ten seconds, in a log stream of its own. With more or fewer tasks, or with one that
    was replaced, the number of workers is another one than the settings say.
    """
    name = "same tasks throughout"
    if window is None or not memory:
        return Gate(name, passed=False, detail="no memory samples, which tell the tasks")
    end = max([window.end, *(entry.completed_at for entry in ledger if entry.completed_at is not None)])
    times: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for sample in memory:
        times[sample.service, sample.process].append(sample.time)
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (service, _), own in times.items():
        if max(own) >= window.start:
            started = min(own) > window.start + _MEMORY_GAP_SECONDS
            ended = max(own) < end - _MEMORY_GAP_SECONDS
            for index, counted in enumerate((True, started, ended)):
                counts[service][index] += counted
    detail = "; ".join(
        f"{service}: {tasks} tasks, {started} started and {ended} ended during the run"
        for service, (tasks, started, ended) in sorted(counts.items())
    )
    changed = any(started or ended for _, started, ended in counts.values())
    return Gate(name, passed=bool(counts) and not changed, detail=detail or "no memory samples during the run")


def clocks_agree(clocks: Clocks | None, ledger: Sequence[LedgerEntry], sizing: Sizing) -> Gate:
    """Check that the clocks of the load generator and of the services differ by at most 0.5 s.

    One shift has to fit all orders, and none may be completed sooner after its creation than its payment takes, which
    would be a difference between the clocks of the API and of the processor.
    """
    name = "clocks agree"
    if clocks is None:
        return Gate(name, passed=False, detail="no completed order, which would tell")
    apart = max(abs(clocks.shift), clocks.least - clocks.most)
    detail = f"the services' clock is ahead by {clocks.shift:.3f} s ({clocks.least:.3f} to {clocks.most:.3f} s)"
    if clocks.least > clocks.most:
        detail += ", and no single shift fits all orders"
    shortest = min(entry.latency_seconds for entry in ledger if entry.latency_seconds is not None)
    if sizing.payment_seconds is not None and shortest < sizing.payment_seconds:
        apart = max(apart, sizing.payment_seconds - shortest)
        detail += f"; an order was completed {shortest:.3f} s after its creation, sooner than its payment takes"
    return Gate(name, passed=apart <= _MOST_SHIFT_SECONDS, detail=f"{detail}; {_MOST_SHIFT_SECONDS:g} s allowed")


def no_faster_than_the_model(queue: Queue) -> Gate:
    """Check that the drain takes at least 97 % of what the payments alone take: an environment can only add to it.

    A shorter one means that other workers were at work than the settings say, or that they paid in another time.
    """
    name = "no faster than the model"
    if queue.drain_seconds is None or queue.model_drain_seconds is None:
        return Gate(name, passed=False, detail="the drain time was not measured, or the model's settings are unknown")
    least = _LEAST_OF_MODEL * queue.model_drain_seconds
    detail = (
        f"drained in {queue.drain_seconds:.2f} s, by the queue model in {queue.model_drain_seconds:.2f} s; "
        f"at least {100 * _LEAST_OF_MODEL:g} % of that required"
    )
    return Gate(name, passed=queue.drain_seconds >= least, detail=detail)


def no_more_payments_than_workers(ledger: Sequence[LedgerEntry], sizing: Sizing) -> Gate:
    """Check that never more payments were in progress at the same time than there are workers in the settings."""
    name = "no more payments than workers"
    if sizing.workers is None or sizing.payment_seconds is None:
        return Gate(name, passed=False, detail="the settings do not have workers and payment_seconds")
    most = most_at_once(ledger, sizing.payment_seconds)
    detail = f"{most:,} payments at once, {sizing.workers:,} workers"
    return Gate(name, passed=most <= sizing.workers, detail=detail)


def ledger_closes(orders: Orders, *, repeated: int, foreign: int) -> Gate:
    """Check that each accepted order was completed or dead-lettered.

    `repeated` counts answers with the id of an earlier order: the gate fails, as their orders cannot be followed.
    `foreign` counts completions of orders of other runs: the detail mentions them.
    """
    name = "ledger closes"
    if not orders.accepted or orders.dead_lettered is None:
        dead_letters = "unknown" if orders.dead_lettered is None else f"{orders.dead_lettered:,}"
        return Gate(name, passed=False, detail=f"{orders.accepted:,} accepted, dead letters: {dead_letters}")
    detail = (
        f"{orders.accepted:,} accepted, {orders.completed:,} completed + {orders.dead_lettered:,} dead-lettered, "
        f"{orders.lost:,} lost"
    )
    if repeated:
        detail += f"; {repeated:,} answers repeat the id of another order"
    if foreign:
        detail += f"; {foreign:,} completions of other orders ignored"
    return Gate(name, passed=not orders.lost and not repeated, detail=detail)


def no_order_dead_lettered(orders: Orders, dead_letters: Sequence[DeadLetter] | None) -> Gate:
    """Check that no accepted order ended in the dead-letter queue; the detail mentions dead letters of others."""
    name = "no order dead-lettered"
    if orders.dead_lettered is None:
        return Gate(name, passed=False, detail="the dead letters were not read")
    detail = f"{orders.dead_lettered:,} of {orders.accepted:,} accepted orders"
    if foreign := len(dead_letters or []) - orders.dead_lettered:
        detail += f"; {foreign:,} dead letters of other orders ignored"
    return Gate(name, passed=not orders.dead_lettered, detail=detail)


def no_order_completed_twice(orders: Orders) -> Gate:
    """Check that no order was completed, and so paid for, twice. Delivered twice, and paid for once, is no error."""
    detail = f"{orders.duplicated:,} of {orders.completed:,} completed orders were completed again"
    if orders.redelivered:
        detail += f"; {orders.redelivered:,} were delivered again, and not paid for again"
    return Gate("no order completed twice", passed=orders.completed > 0 and not orders.duplicated, detail=detail)


def queue_drained(samples: Sequence[QueueSample], ledger: Sequence[LedgerEntry]) -> Gate:
    """Check that the samples after the last accepted order end with an empty queue."""
    name = "queue drained"
    if not samples or not ledger:
        return Gate(name, passed=False, detail=f"{len(samples):,} queue samples, {len(ledger):,} accepted orders")
    last, accepted_at = samples[-1], max(entry.accepted_at for entry in ledger)
    if last.time < accepted_at:
        return Gate(name, passed=False, detail="no sample after the last accepted order")
    detail = f"depth {last.depth:,} in the last sample, {last.time - accepted_at:.1f} s after the last accepted order"
    return Gate(name, passed=last.depth == 0, detail=detail)


def _busy(uses: Sequence[float]) -> int:
    return sum(1 for use in uses if use >= _CPU_PERCENT)
