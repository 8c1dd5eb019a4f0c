"""The queue model: when orders would be completed if only the payments took time.

A first-in, first-out queue with c servers and a constant service time (G/D/c in Kendall's notation), simulated order by
order. A real environment takes longer; how much longer is the difference between environments.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def completion_times(arrivals: Iterable[float], *, workers: int, payment_seconds: float) -> list[float]:
    """Return the times at which orders that arrive at `arrivals` would be completed; unix seconds, ascending.

    Each order takes the worker that is idle first. As all payments take the same time, orders are completed in the
    order of their arrival.
    """
    free_at = [0.0] * workers
    times = []
    for arrival in sorted(arrivals):
        times.append(max(arrival, free_at[0]) + payment_seconds)
        heapq.heapreplace(free_at, times[-1])
    return times
