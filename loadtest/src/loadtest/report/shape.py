"""The shape of a distribution of response times: whether it has two peaks.

If answers come in two groups, the median lies in one of them: a small shift between the groups moves it from one to the
other, while no answer became slower or faster.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

_BINS_PER_FACTOR = 12
"""Bins for each factor of e."""
_SMOOTHING = (1, 4, 6, 4, 1)
_LEAST_VALUES = 200
_LEAST_SHARE = 0.1
_DEEPEST_VALLEY = 0.5
_SHORTEST_MS = 1e-3


class Peaks(Struct, frozen=True):
    """The two groups of a distribution, in ms."""

    fast_ms: float
    slow_ms: float
    slow_share: float


def two_peaks(response_ms: Sequence[float]) -> Peaks | None:
    """Return the two groups of response times, if there are two; None if there is one, or too few values to tell.

    The density of the logarithms, in bins of 8 %, is smoothed. Two groups are divided by its deepest valley: less than
    half as high as the lower of the peaks beside it, with at least a tenth of the values on each side.
    """
    if len(response_ms) < _LEAST_VALUES:
        return None
    places = [math.floor(math.log(max(value, _SHORTEST_MS)) * _BINS_PER_FACTOR) for value in response_ms]
    first = min(places) - 2
    counts = [0] * (max(places) - first + 3)
    for place in places:
        counts[place - first] += 1
    density = _smoothed(_smoothed(counts))
    below = list(accumulate(counts))
    left = list(accumulate(density, max))
    right = list(accumulate(reversed(density), max))[::-1]
    depths = [
        (density[index] / min(left[index], right[index]), index)
        for index in range(len(density))
        if _LEAST_SHARE <= below[index] / len(places) <= 1 - _LEAST_SHARE
    ]
    depth, valley = min(depths, default=(1.0, 0))
    if depth >= _DEEPEST_VALLEY:
        return None
    fast, slow = density.index(left[valley]), valley + density[valley:].index(right[valley])
    fast_ms, slow_ms = (math.exp((index + first + 0.5) / _BINS_PER_FACTOR) for index in (fast, slow))
    return Peaks(fast_ms, slow_ms, 1 - below[valley] / len(places))


def _smoothed(values: Sequence[float]) -> list[float]:
    padded = [0, 0, *values, 0, 0]
    return [
        sum(weight * padded[index + offset] for offset, weight in enumerate(_SMOOTHING)) / sum(_SMOOTHING)
        for index in range(len(values))
    ]
