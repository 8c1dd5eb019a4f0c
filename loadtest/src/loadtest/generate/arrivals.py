"""The arrival rate of the open model: orders become due at a given rate, however fast the system answers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from gevent.event import Event  # type: ignore[import-untyped]  # gevent has no types

if TYPE_CHECKING:
    from loadtest.clock import Clock


class _Idle:
    """A user who waits for an order."""

    def __init__(self) -> None:
        self.called = Event()
        self.due = 0.0


class Arrivals:
    """Hands each order, when it is due, to the user who has been idle longest. Without an idle user, it is dropped.

    Its response time counts from when it was due: counted from when it was sent, a stall of this process would hide
    the wait ("coordinated omission").
    """

    def __init__(self, clock: Clock) -> None:
        """Start without idle users."""
        self._clock = clock
        self._free: deque[_Idle] = deque()

    def wait(self) -> float:
        """Block the calling user until an order is due; return when it was, by the monotonic clock."""
        idle = _Idle()
        self._free.append(idle)
        idle.called.wait()
        return idle.due

    def run(self, per_second: float, count: int) -> None:
        """Make `count` orders due, the first one now; return after the last."""
        started = self._clock.monotonic()
        for number in range(count):
            due = started + number / per_second
            self._clock.sleep(max(0.0, due - self._clock.monotonic()))
            if self._free:
                idle = self._free.popleft()
                idle.due = due
                idle.called.set()
