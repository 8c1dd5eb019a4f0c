"""The queue as a calculation: when these orders would be done if nothing but the payments took time.

A first-in, first-out queue before c equal servers with a fixed service time (G/D/c in Kendall's notation), run order by
order. An environment can only add to its drain time; what it adds is what tells environments apart.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def completion_times(arrivals: Iterable[float], *, workers: int, payment_seconds: float) -> list[float]:
    """Return when each of the orders that arrive at `arrivals` would be completed; all in unix seconds, ascending.

    Each order takes the worker that is free first, from the moment both are there. As each payment takes the same time,
    the order that arrives first is also completed first.
    """
    free_at = [0.0] * workers
    times = []
    for arrival in sorted(arrivals):
        times.append(max(arrival, free_at[0]) + payment_seconds)
        heapq.heapreplace(free_at, times[-1])
    return times
