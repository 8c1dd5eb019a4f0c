"""Exponential backoff with full jitter: how long to wait before the next attempt."""

import random
from typing import NamedTuple


class Backoff(NamedTuple):
    """A backoff whose longest delay starts at `base` seconds and doubles with each failure, up to `cap` seconds."""

    base: float
    cap: float

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after `failures` (1 or more) failures in a row.

        The delay is random, from 0 to the longest delay, so that callers that failed together retry apart.
        """
        longest = min(self.cap, self.base * 2 ** min(failures - 1, 30))
        return random.uniform(0, longest)  # noqa: S311  # jitter needs no cryptographic randomness
