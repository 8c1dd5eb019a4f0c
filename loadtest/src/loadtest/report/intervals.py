"""Statistics for a handful of runs: the typical value of a figure, the ratio of two, and the upper bound of a share.

The unit is the run, not the request: the thousands of requests of a run share one minute of one machine, so they are
one observation of the environment. Each run gives one value of a figure, such as its median response time. Logarithms
of these values are compared, because environments differ by factors and times are skewed.

Runs that were made in rounds, each of which loads every environment once, are compared round by round, by Student's t
interval of the differences: what changes slowly on the computer changes both runs of a round alike. Other runs are
compared by Welch's t interval (Welch, "The Generalization of 'Student's' Problem when Several Different Population
Variances are Involved", 1947), as environments need not be equally noisy.

A percentile bootstrap over so few runs has too few resamples (Hesterberg, "What Teachers Should Know About the
Bootstrap", 2015): with three runs each, its 95 % intervals contained the true ratio in 82 to 90 % of 1,000 simulated
comparisons. Nothing is random, so the same runs give the same report.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist, fmean, variance
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONFIDENCE = 0.95

MARGIN = 0.05
"""Ratios up to 1 + this, and down to its inverse, count as equal."""

Verdict = Literal["differs", "equal", "cannot tell"]

LEAST = 1e-9
"""A smaller value counts as 0."""

_LEAST_VARIANCE = LEAST**2
"""Of logarithms; a smaller one is rounding, and counts as 0."""

_LEAST_PAIRS = 3
"""With two, Student's t is 12.7, and what changes slowly has had little time."""


class Estimate(Struct, frozen=True):
    """The typical value of a figure in an environment, from one value per run."""

    values: list[float]
    """In the order of the runs, without runs that did not measure it."""
    centre: float | None
    """The geometric mean; the arithmetic mean if a value is 0; None without values."""
    low: float | None
    high: float | None
    """The confidence interval of the centre; None with fewer than two values, without spread, or if one is 0."""


class Ratio(Struct, frozen=True):
    """The ratio of a figure in two environments."""

    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    """By more than the margin, equal within it, or neither is shown, as without an interval."""
    rounds: int | None
    """The number of rounds that were compared in pairs; None if the runs were not paired."""
    reason: str | None
    """Why it has no interval, or why there is no ratio."""
    by_round: dict[int, float] = {}
    """The ratio of each round that was compared in pairs, by its number."""


def estimate(values: Sequence[float], *, additive: bool = False) -> Estimate:
    """Return the typical value of one value per run; less than LEAST counts as 0.

    An `additive` figure, which can be 0 or less, has an arithmetic mean, others have a geometric one.
    """
    if not values:
        return Estimate([], None, None, None)
    if additive:
        return Estimate(list(values), *_interval(values))
    if min(values) < LEAST:
        return Estimate(list(values), fmean(values), None, None)
    return Estimate(list(values), *map(_exponential, _interval([math.log(value) for value in values])))


def ratio(numerator: Mapping[int, float], denominator: Mapping[int, float], *, margin: float = MARGIN) -> Ratio:
    """Return the ratio of two environments' typical values, with its interval.

    The values are by the round of their run. If three rounds or more have both, only these count, in pairs.
    """
    if not numerator or not denominator:
        return no_ratio("not measured in both")
    if min(*numerator.values(), *denominator.values()) < LEAST:
        return no_ratio("a run measured 0")
    above, below = ({number: math.log(value) for number, value in own.items()} for own in (numerator, denominator))
    both = sorted(above.keys() & below.keys())
    pairs = {number: above[number] - below[number] for number in both} if len(both) >= _LEAST_PAIRS else {}
    if pairs:
        centre, low, high = _interval(list(pairs.values()))
    else:
        centre, low, high = _welch(list(above.values()), list(below.values()))
    verdict, reason = _verdict(low, high, math.log1p(margin)), None
    if low is None:
        single = min(len(above), len(below)) == 1
        reason = "a single run has no interval" if single else "the runs do not differ, which gives no interval"
    return Ratio(
        _exponential(centre),
        _exponential(low),
        _exponential(high),
        verdict,
        len(pairs) or None,
        reason,
        {number: math.exp(difference) for number, difference in pairs.items()},
    )


def no_ratio(reason: str) -> Ratio:
    """Return the ratio of figures that cannot be compared."""
    return Ratio(None, None, None, "cannot tell", None, reason)


def upper_bound(events: int, trials: int) -> float | None:
    """Return the upper bound of the true share of `events` in `trials`, with 95 % confidence; None without trials.

    Without events it is exact, and close to 3/n (Clopper and Pearson, "The Use of Confidence or Fiducial Limits
    Illustrated in the Case of the Binomial", 1934), else Wilson's score bound ("Probable Inference, the Law of
    Succession, and Statistical Inference", 1927). Both take the trials for independent, which orders are not, as
    failures come in bursts; runs are, rather.
    """
    if not trials:
        return None
    if not events:
        return -math.expm1(math.log(1 - CONFIDENCE) / trials)
    z = NormalDist().inv_cdf(CONFIDENCE)
    share = events / trials
    spread = z * math.sqrt(share * (1 - share) / trials + (z / trials) ** 2 / 4)
    return min(1.0, (share + z**2 / trials / 2 + spread) / (1 + z**2 / trials))


@cache
def t_quantile(freedom: int) -> float:
    """Return the two-sided 95 % quantile of Student's t with `freedom` degrees of freedom, 1 or more."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < CONFIDENCE:
        high *= 2
    while (middle := (low + high) / 2) not in (low, high):
        if _within(middle, freedom) < CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _exponential(logarithm: float | None) -> float | None:
    return None if logarithm is None else math.exp(logarithm)


def _verdict(low: float | None, high: float | None, margin: float) -> Verdict:
    if low is None or high is None:
        return "cannot tell"
    if low > margin or high < -margin:
        return "differs"
    return "equal" if -margin <= low and high <= margin else "cannot tell"


def _interval(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return the mean with Student's t interval; none with a single value, or without any spread."""
    centre = fmean(values)
    if len(values) == 1 or variance(values) < _LEAST_VARIANCE:
        return centre, None, None
    half = t_quantile(len(values) - 1) * math.sqrt(variance(values) / len(values))
    return centre, centre - half, centre + half


def _welch(above: Sequence[float], below: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Return the difference of means with Welch's interval; none without any spread, which proves nothing.

    The degrees of freedom are rounded down, which widens it.
    """
    centre = fmean(above) - fmean(below)
    if min(len(above), len(below)) == 1:
        return centre, None, None
    parts = [(variance(values) / len(values), len(values) - 1) for values in (above, below)]
    total = sum(part for part, _ in parts)
    if total < _LEAST_VARIANCE:
        return centre, None, None
    freedom = total**2 / sum(part**2 / own for part, own in parts)
    # An integer can come out slightly too small.
    half = t_quantile(math.floor(freedom + 1e-9)) * math.sqrt(total)
    return centre, centre - half, centre + half


def _within(t: float, freedom: int) -> float:
    """Return the probability that Student's t is between -t and t: a finite sum for integer degrees of freedom.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 (odd) and 26.7.4 (even).
    """
    angle = math.atan2(t, math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for step in range(odd, freedom - 1, 2):
        total += term
        term *= cosine**2 * (step + 1) / (step + 2)
    total *= math.sin(angle)
    return (angle + total) * 2 / math.pi if odd else total
