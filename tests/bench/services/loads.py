"""Send a load to services, and measure them and the computer meanwhile."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from tests.bench.measurements import BenchError
from tests.bench.services import wrk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.services.services import Service

SECONDS = 3
# On one connection: long enough for a hundredth of the requests to be some.
_SECONDS_OF_ONE = 5


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was measured while requests were sent; of the API itself only if they were sent to it.

    ``failed`` are requests without a good response, ``retries`` orders whose publish failed first, each time.
    ``cores`` and ``busy_cores`` are the CPU time of the API and of the whole computer per time.
    """

    orders_per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    failed: int = 0
    retries: int = 0
    cpu_ms: float | None = None
    cores: float | None = None
    busy_cores: float | None = None
    calls: dict[str, float] = field(default_factory=dict)
    memory_mib: float | None = None
    start_mib: float | None = None

    def __str__(self) -> str:
        """Show it as progress."""
        shown = f"{self.orders_per_second:,.0f}/s"
        if self.p50_ms is not None:
            shown += f", p50 {self.p50_ms:.2f} ms"
        if self.p99_ms is not None:
            shown += f", p99 {self.p99_ms:.1f} ms"
        if self.cpu_ms is not None:
            shown += f", {self.cpu_ms:.3f} ms of CPU each, {self.cores:.2f} of {self.busy_cores:.2f} cores"
        problems = [f", {self.failed} failed"] * bool(self.failed) + [f", {self.retries} retries"] * bool(self.retries)
        return "".join([shown, *problems])


@dataclass
class Meter:
    """What some services have used and done, filled in at the end of a measurement."""

    seconds: float = 0.0
    busy_seconds: float = 0.0
    cpu_seconds: float = 0.0
    orders: float = 0.0
    publish_calls: float = 0.0
    retries: float = 0.0
    memory_mib: float = 0.0


@contextmanager
def metered(services: Sequence[Service]) -> Iterator[Meter]:
    """Measure services, all together, and the computer. Raises BenchError at the end if there was no order."""
    meter = Meter()
    before, busy, began = [service.usage() for service in services], _busy_seconds(), time.monotonic()
    yield meter
    meter.seconds, meter.busy_seconds = time.monotonic() - began, _busy_seconds() - busy
    after = [service.usage() for service in services]
    for early, late in zip(before, after, strict=True):
        meter.cpu_seconds += late.cpu_seconds - early.cpu_seconds
        meter.orders += late.orders - early.orders
        meter.publish_calls += late.publish_calls - early.publish_calls
        meter.retries += late.retries - early.retries
    meter.memory_mib = max(usage.memory_mib for usage in after)
    if not meter.orders:
        message = "a service took no order in the whole time of a load"
        raise BenchError(message)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def load_api(services: Sequence[tuple[Service, float]], connections: int, seconds: float = SECONDS) -> Load:
    """Send orders to APIs, each with its memory at the start, on that many connections each."""
    apis = [service for service, _ in services]
    duration = _SECONDS_OF_ONE if connections == 1 else seconds
    with metered(apis) as meter:
        results = wrk.load([api.order for api in apis], connections, duration)
    return Load(
        orders_per_second=sum(result.per_second for result in results),
        p50_ms=max(result.p50_ms for result in results),
        p99_ms=max((result.p99_ms for result in results if result.p99_ms is not None), default=None),
        failed=sum(result.failed for result in results),
        retries=round(meter.retries),
        cpu_ms=meter.cpu_seconds / meter.orders * 1000,
        cores=meter.cpu_seconds / meter.seconds,
        busy_cores=meter.busy_seconds / meter.seconds,
        calls={"PublishBatch": meter.publish_calls / meter.orders * 1000},
        memory_mib=meter.memory_mib,
        start_mib=max(start for _, start in services),
    )


def load(request: wrk.Request, connections: int, seconds: float, orders: int = 1) -> Load:
    """Send a request, which stands for a number of orders, and measure only the responses."""
    (result,) = wrk.load([request], connections, seconds)
    return Load(
        orders_per_second=result.per_second * orders, p50_ms=result.p50_ms, p99_ms=result.p99_ms, failed=result.failed
    )
