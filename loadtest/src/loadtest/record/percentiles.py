"""Percentiles, where the sample is large enough for them.

Nearest rank: the p-th percentile is the smallest value that at least p % of the sample do not exceed. It is always an
observed value, without interpolation (Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, definition 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NEEDED_BEYOND = 10


class Percentiles(Struct, frozen=True):
    """Median and tail, in the unit of the sample; None where the sample is too small."""

    p50: float | None
    p95: float | None
    p99: float | None


def percentiles(values: Iterable[float]) -> Percentiles:
    """Return the percentiles of a sample in any order."""
    ordered = sorted(values)
    return Percentiles(*(percentile(ordered, percent) for percent in (50, 95, 99)))


def percentile(ordered: Sequence[float], percent: int, *, of: int = 100) -> float | None:
    """Return the nearest-rank percentile of an ascending sample of n values; with `of=1000`, the per mille.

    None unless n(1 - p) >= 10: with fewer values beyond it, a percentile says little more than the maximum does.
    """
    count = len(ordered)
    if count * (of - percent) < _NEEDED_BEYOND * of:
        return None
    rank = -(-count * percent // of)  # rounded up in integers, as 0.07 * 100 > 7 in floating point
    return ordered[rank - 1]
