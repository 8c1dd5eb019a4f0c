"""The queue as a calculation: when these orders would be done if nothing but the payments took time.

A first-in, first-out queue before c equal servers with a fixed service time (G/D/c in Kendall's notation), run order by
order. An environment can only add to its drain time; what it adds is what tells environments apart.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def last_completion(arrivals: Iterable[float], *, workers: int, payment_seconds: float) -> float:
    """Return when the last of the orders that arrive at `arrivals` (unix seconds, at least one) would be completed.

    Each order takes the worker that is free first, from the moment both are there.
    """
    free_at = [0.0] * workers
    completed_at = 0.0
    for arrival in sorted(arrivals):
        completed_at = max(arrival, free_at[0]) + payment_seconds
        heapq.heapreplace(free_at, completed_at)
    return completed_at
