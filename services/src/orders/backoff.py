"""How long to wait before the next attempt: exponential backoff with full jitter."""

import random


def backoff(failures: int, *, first: float, longest: float) -> float:
    """Seconds to wait after the `failures`-th failure in a row (from 1).

    Uniformly random up to `first`, doubled with each failure up to `longest`: attempts that failed together spread out.
    """
    ceiling: float = min(longest, first * 2 ** min(failures - 1, 30))
    return random.uniform(0, ceiling)  # noqa: S311  # spreads attempts, keeps no secret
