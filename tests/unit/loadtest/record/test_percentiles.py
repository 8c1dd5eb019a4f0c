from fractions import Fraction
from random import Random

import pytest

from loadtest.record.percentiles import Percentiles, percentile, percentiles


def by_definition(values: list[float], percent: int) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed, by counting."""
    share = Fraction(percent, 100)
    return min(v for v in values if Fraction(sum(1 for other in values if other <= v), len(values)) >= share)


@pytest.mark.parametrize("count", [20, 21, 60, 100, 199, 200])
def test_agrees_with_the_definition(count: int) -> None:
    random = Random(count)  # noqa: S311  # not for cryptography
    values = [round(random.lognormvariate(3, 1), 1) for _ in range(count)]
    for percent in range(1, 100):
        expected = by_definition(values, percent) if count * (100 - percent) >= 1000 else None
        assert percentile(sorted(values), percent) == expected


def test_a_known_sample() -> None:
    assert percentiles(range(1000, 0, -1)) == Percentiles(p50=500, p95=950, p99=990)


@pytest.mark.parametrize(
    ("count", "given"),
    [(0, ""), (19, ""), (20, "p50"), (199, "p50"), (200, "p50 p95"), (999, "p50 p95"), (1000, "p50 p95 p99")],
)
def test_a_percentile_is_given_only_with_ten_values_beyond_it(count: int, given: str) -> None:
    result = percentiles([1.0] * count)
    assert " ".join(name for name in ("p50", "p95", "p99") if getattr(result, name) is not None) == given
