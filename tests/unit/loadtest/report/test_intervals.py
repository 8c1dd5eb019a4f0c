from __future__ import annotations

import math
import random
from statistics import fmean

import pytest

from loadtest.record.percentiles import percentiles
from loadtest.report.intervals import estimate, ratio, t_quantile, upper_bound


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (8, 2.306), (9, 2.262), (30, 2.042), (1000, 1.962)],
)
def test_quantiles_match_published_tables(freedom: int, t: float) -> None:
    assert t_quantile(freedom) == pytest.approx(t, abs=0.0005)


def test_the_typical_value_is_the_geometric_mean_and_has_student_s_interval() -> None:
    found = estimate([10.0, 20.0, 40.0])
    margin = 4.3027 * math.log(2) / math.sqrt(3)  # the standard deviation of the logarithms is log 2
    assert found.centre == pytest.approx(20)
    assert found.low == pytest.approx(20 / math.exp(margin), rel=1e-4)
    assert found.high == pytest.approx(20 * math.exp(margin), rel=1e-4)


def test_a_ratio_has_welch_s_interval() -> None:
    # Welch's formulas by hand: se^2 = (log 2)^2 / 3 + (log 1.5)^2 / 3, df = 3.2 rounded down to 3, t = 3.1824.
    found = ratio([30.0, 45.0, 67.5], [10.0, 20.0, 40.0])
    margin = 3.1824 * math.sqrt((math.log(2) ** 2 + math.log(1.5) ** 2) / 3)
    assert found.ratio == pytest.approx(45 / 20)
    assert found.low == pytest.approx(2.25 / math.exp(margin), rel=1e-4)
    assert found.high == pytest.approx(2.25 * math.exp(margin), rel=1e-4)
    assert not found.differs


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [
        ([6.0] * 2, [6.0] * 3),  # the means of the logarithms differ in their last bit
        ([0.1 + 0.2] * 2, [0.3] * 3),
        ([2.0, 2.0], [1.0, 1.0]),
        ([6.0, 6.0 + 1e-15], [6.0 + 2e-15, 6.0 + 3e-15]),
    ],
)
def test_without_any_spread_there_is_no_interval_and_no_difference(
    numerator: list[float], denominator: list[float]
) -> None:
    found = ratio(numerator, denominator)
    assert found.ratio == pytest.approx(numerator[0] / denominator[0])
    assert (found.low, found.high, found.differs) == (None, None, False)
    assert found.reason is not None
    assert "do not differ" in found.reason


@pytest.mark.parametrize(
    ("numerator", "differs"),
    [
        ([6.0012, 6.0013, 6.0014], False),  # shown as 1.000 (1.000 to 1.000)
        ([6.012, 6.013, 6.014], True),
        ([5.9987, 5.9986, 5.9988], False),
        ([5.988, 5.987, 5.986], True),
    ],
)
def test_a_difference_within_rounding_is_none(numerator: list[float], differs: bool) -> None:
    found = ratio(numerator, [6.0, 6.0001, 6.0002])
    assert found.low is not None
    assert found.high is not None
    assert not found.low <= 1 <= found.high
    assert found.differs is differs


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected", "reason"),
    [
        ([], [1.0], None, "not measured in both"),
        ([1.0, 1.0], [0.0, 1.0], None, "a run measured 0"),
        ([3.0], [1.0, 1.1], 3 / math.sqrt(1.1), "a single run has no interval"),
    ],
)
def test_a_ratio_without_an_interval_has_a_reason_and_shows_no_difference(
    numerator: list[float], denominator: list[float], expected: float | None, reason: str
) -> None:
    found = ratio(numerator, denominator)
    assert found.ratio == pytest.approx(expected)
    assert found.reason is not None
    assert reason in found.reason
    assert (found.low, found.high, found.differs) == (None, None, False)


def test_values_without_spread_have_no_interval() -> None:
    found = estimate([6.0, 6.0, 6.0])
    assert found.centre == pytest.approx(6)
    assert (found.low, found.high) == (None, None)


def test_a_figure_without_values_has_no_typical_value() -> None:
    assert estimate([]).centre is None
    assert estimate([0.0, 4.0]).centre == 2


@pytest.mark.parametrize(
    ("events", "trials", "bound"),
    # 0.16036 - 0.1 is 1.64485 standard errors of a share of 0.16036.
    [(0, 300, 0.01), (0, 2, 1.0), (0, 0, None), (10, 100, 0.16036), (100, 100, 1.0)],
)
def test_a_share_is_bounded_by_the_rule_of_three_or_wilson_s_score(
    events: int, trials: int, bound: float | None
) -> None:
    assert upper_bound(events, trials) == pytest.approx(bound, abs=0.00001)


def measure_median(chance: random.Random, median_ms: float, noise: float) -> float:
    """Return the median response time of a synthetic run; `noise` is the spread between runs."""
    own = median_ms * chance.lognormvariate(0, noise)
    found = percentiles(own * chance.lognormvariate(0, 0.4) for _ in range(200)).p50
    assert found is not None
    return found


@pytest.mark.parametrize("true", [1.0, 1.2])
@pytest.mark.parametrize("noise", [(0.05, 0.05), (0.02, 0.10)])
@pytest.mark.parametrize("runs", [3, 5])
def test_the_interval_contains_the_true_ratio_in_nine_of_ten_trials(
    true: float, noise: tuple[float, float], runs: int
) -> None:
    chance = random.Random(2026)  # noqa: S311  # not for cryptography
    trials = [
        ratio(
            [measure_median(chance, true * 30, noise[0]) for _ in range(runs)],
            [measure_median(chance, 30, noise[1]) for _ in range(runs)],
        )
        for _ in range(200)
    ]
    covered = [trial.low is not None and trial.high is not None and trial.low <= true <= trial.high for trial in trials]
    assert fmean(covered) >= 0.9
    if true == 1.0:
        assert fmean(trial.differs for trial in trials) <= 0.1


def test_a_difference_of_a_fifth_is_found_where_runs_differ_by_a_twentieth() -> None:
    chance = random.Random(7)  # noqa: S311  # not for cryptography
    found = [
        ratio(*([measure_median(chance, scale, 0.05) for _ in range(5)] for scale in (36, 30))).differs
        for _ in range(200)
    ]
    assert fmean(found) >= 0.9
