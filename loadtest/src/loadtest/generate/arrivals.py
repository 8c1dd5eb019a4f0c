"""The arrival rate of the open model: orders become due at a given rate, however fast the system answers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from gevent.event import Event  # type: ignore[import-untyped]  # gevent has no types

if TYPE_CHECKING:
    from loadtest.clock import Clock


class Arrivals:
    """Hands each order, when it is due, to the user who has been idle longest. Without an idle user, it is dropped.

    Sending it later would hide the system's slowness from the response times ("coordinated omission").
    """

    def __init__(self, clock: Clock) -> None:
        """Start without idle users."""
        self._clock = clock
        self._free: deque[Event] = deque()

    def wait(self) -> None:
        """Block the calling user until an order is due."""
        due = Event()
        self._free.append(due)
        due.wait()

    def run(self, per_second: float, count: int) -> None:
        """Make `count` orders due, the first one now; return after the last."""
        started = self._clock.monotonic()
        for number in range(count):
            self._clock.sleep(max(0.0, started + number / per_second - self._clock.monotonic()))
            if self._free:
                self._free.popleft().set()
