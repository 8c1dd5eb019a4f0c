"""What a Locust process records: each request, its own CPU use once a second, and a progress line for the user."""

from __future__ import annotations

import time

from msgspec import Struct

from loadtest.record.rows import GeneratorSample, Request


class CpuMeter:
    """CPU use of this process in percent of one core: user plus system time, divided by elapsed time."""

    def __init__(self) -> None:
        """Start measuring."""
        self._busy, self._elapsed = time.process_time(), time.monotonic()

    def percent(self) -> float:
        """Return the use since the previous call."""
        busy, elapsed = time.process_time(), time.monotonic()
        used, passed = busy - self._busy, elapsed - self._elapsed
        self._busy, self._elapsed = busy, elapsed
        return 100 * used / passed if passed else 0.0


def request_row(  # noqa: PLR0913  # the fields of a row
    *,
    start_time: float,
    response_time: float,
    status: int,
    order_id: str,
    error: BaseException | None,
    late_seconds: float | None,
) -> Request:
    """Return the row of a request: `start_time` in unix seconds, `response_time` in milliseconds, not rounded.

    `late_seconds` is the time from when it was due to its start; None in the closed model.
    """
    reason = "" if error is None else " ".join(str(error).split()) or repr(error)
    due_at = None if late_seconds is None else round(start_time - late_seconds, 6)
    return Request(round(start_time, 6), response_time, status, order_id, reason, due_at)


def generator_sample(users: int, meter: CpuMeter) -> GeneratorSample:
    """Return a sample of this process, taken now."""
    return GeneratorSample(round(time.time(), 6), users, round(meter.percent(), 2))


class Progress(Struct, frozen=True):
    """The progress of a load."""

    elapsed_seconds: float
    duration_seconds: int
    users: int
    accepted: int
    failed: int
    orders_per_second: float
    """Accepted orders per second, in the last seconds."""


def progress_line(progress: Progress) -> str:
    """Return the progress as one line."""
    return (
        f"{min(int(progress.elapsed_seconds), progress.duration_seconds)} s of {progress.duration_seconds} s · "
        f"{progress.users:,} users · {progress.accepted:,} accepted · {progress.failed:,} failed · "
        f"{progress.orders_per_second:.1f} orders/s"
    )
