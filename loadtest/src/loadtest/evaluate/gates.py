"""The gates: conditions that a run has to pass for its figures to be valid.

A gate that cannot be checked fails, and its detail says why.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from loadtest.evaluate.figures import Window
from loadtest.record.run import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.record.rows import GeneratorSample, QueueSample, Request
    from loadtest.record.run import LocustEntry, Orders, Queue, Requests
    from loadtest.record.scenario import Scenario

_LEAST_ANSWERED_RATIO = 0.98
_LITTLES_LAW_TOLERANCE = 0.10
_DURATION_TOLERANCE_SECONDS = 1
_DURATION_TOLERANCE = 0.02
_CPU_PERCENT = 80
_MOST_BUSY_RATIO = 0.05


def steady_window(window: Window | None, scenario: Scenario) -> Window | None:
    """Return the part of the load in which all users are running: after the ramp."""
    if window is None or window.seconds <= scenario.ramp_seconds:
        return None
    return Window(window.start + scenario.ramp_seconds, window.end)


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
    """Check that at least 98 % of the requests started (open model: due) were answered.

    Compares counts, not rates: the rates' periods differ by the last response time, which in a short run would look
    like missing load.
    """
    name = "offered load achieved"
    if not requests or figures.per_second is None or figures.offered_per_second is None:
        return Gate(name, passed=False, detail="no answers, or no generator samples, to compare")
    answered = sum(1 for request in requests if request.status)
    due = len(requests) + (figures.missed or 0)
    ratio = answered / due
    detail = (
        f"{answered:,} of {due:,} answered: {100 * ratio:.1f} %, at least {100 * _LEAST_ANSWERED_RATIO:g} % required; "
        f"{figures.per_second:.1f}/s of {figures.offered_per_second:.1f}/s offered"
    )
    return Gate(name, passed=ratio >= _LEAST_ANSWERED_RATIO, detail=detail)


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


def ledger_closes(orders: Orders, *, repeated: int, foreign: int) -> Gate:
    """Check that each accepted order was completed or dead-lettered.

    `repeated` counts answers with the id of an earlier order: the gate fails, as their orders cannot be followed.
    `foreign` counts completions of orders of other runs: the detail mentions them.
    """
    name = "ledger closes"
    if not orders.accepted or orders.dead_lettered is None:
        dead_letters = "unknown" if orders.dead_lettered is None else f"{orders.dead_lettered:,}"
        return Gate(name, passed=False, detail=f"{orders.accepted:,} accepted, dead letters: {dead_letters}")
    excess = orders.completed + orders.dead_lettered - orders.accepted
    detail = (
        f"{orders.accepted:,} accepted, {orders.completed:,} completed + {orders.dead_lettered:,} dead-lettered, "
        f"{orders.lost:,} lost"
    )
    if excess > 0:
        detail += f"; inconsistent: {excess:,} more than accepted"
    if repeated:
        detail += f"; {repeated:,} answers repeat the id of another order"
    if foreign:
        detail += f"; {foreign:,} completions of other orders ignored"
    return Gate(name, passed=excess == 0 and not repeated, detail=detail)


def no_order_completed_twice(orders: Orders) -> Gate:
    """Check that no order was completed, and so paid for, twice."""
    detail = f"{orders.duplicated:,} of {orders.completed:,} completed orders were completed again"
    return Gate("no order completed twice", passed=orders.completed > 0 and not orders.duplicated, detail=detail)


def queue_drained(queue: Queue, samples: Sequence[QueueSample]) -> Gate:
    """Check that the queue stays empty after the last accepted order."""
    name = "queue drained"
    if queue.drain_seconds is not None:
        detail = f"empty {queue.drain_seconds:.1f} s after the last accepted order"
        return Gate(name, passed=True, detail=detail)
    if not samples:
        return Gate(name, passed=False, detail="no queue samples")
    if samples[-1].depth:
        return Gate(name, passed=False, detail=f"depth {samples[-1].depth:,} in the last sample")
    return Gate(name, passed=False, detail="no accepted order, or no sample after the last one")


def _busy(uses: Sequence[float]) -> int:
    return sum(1 for use in uses if use >= _CPU_PERCENT)
