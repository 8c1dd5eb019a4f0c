from __future__ import annotations

import math

import pytest

from loadtest.report.intervals import estimate, ratio, t_quantile, upper_bound

from .simulation import simulate


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


def by_round(*values: float, start: int = 0) -> dict[int, float]:
    return dict(enumerate(values, start))


def test_runs_in_the_same_rounds_have_student_s_interval_of_their_differences() -> None:
    # The ratios are 1.25 x (1.1, 1, 1 / 1.1), whatever the drift.
    found = ratio(by_round(10 * 1.25 * 1.1, 40 * 1.25, 90 * 1.25 / 1.1), by_round(10, 40, 90))
    margin = 4.3027 * math.log(1.1) / math.sqrt(3)
    assert found.ratio == pytest.approx(1.25)
    assert found.low == pytest.approx(1.25 / math.exp(margin), rel=1e-4)
    assert found.high == pytest.approx(1.25 * math.exp(margin), rel=1e-4)
    assert found.rounds == 3


def test_a_ratio_without_common_rounds_has_welch_s_interval() -> None:
    # Welch's formulas by hand: se^2 = (log 2)^2 / 3 + (log 1.5)^2 / 3, df = 3.2 rounded down to 3, t = 3.1824.
    found = ratio(by_round(30.0, 45.0, 67.5), by_round(10.0, 20.0, 40.0, start=3))
    margin = 3.1824 * math.sqrt((math.log(2) ** 2 + math.log(1.5) ** 2) / 3)
    assert found.ratio == pytest.approx(45 / 20)
    assert found.low == pytest.approx(2.25 / math.exp(margin), rel=1e-4)
    assert found.high == pytest.approx(2.25 * math.exp(margin), rel=1e-4)
    assert (found.verdict, found.rounds) == ("cannot tell", None)


@pytest.mark.parametrize(("start", "rounds"), [(0, 4), (1, 3), (2, None)])
def test_three_common_rounds_are_needed_and_only_they_count(start: int, rounds: int | None) -> None:
    found = ratio(by_round(1.0, 2.0, 4.0, 8.1), by_round(1.0, 2.0, 4.1, 8.0, start=start))
    assert found.rounds == rounds


@pytest.mark.parametrize("start", [0, 5])
@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [
        ([6.0] * 3, [6.0] * 3),
        ([0.1 + 0.2] * 3, [0.3] * 3),
        ([2.0, 2.0, 2.0], [1.0, 1.0, 1.0]),
        ([6.0, 6.0 + 1e-15, 6.0], [6.0 + 2e-15, 6.0 + 3e-15, 6.0]),
    ],
)
def test_without_any_spread_there_is_no_interval_and_no_verdict(
    numerator: list[float], denominator: list[float], start: int
) -> None:
    found = ratio(by_round(*numerator), by_round(*denominator, start=start))
    assert found.ratio == pytest.approx(numerator[0] / denominator[0])
    assert (found.low, found.high, found.verdict) == (None, None, "cannot tell")
    assert found.reason is not None
    assert "do not differ" in found.reason


@pytest.mark.parametrize(
    ("factor", "spread", "verdict"),
    [
        (1.0, 0.01, "equal"),
        (1.03, 0.005, "equal"),
        (1.0, 0.1, "cannot tell"),
        (1.05, 0.01, "cannot tell"),
        (1.1, 0.01, "differs"),
        (0.9, 0.01, "differs"),
        (1.1, 0.1, "cannot tell"),
    ],
)
def test_a_ratio_differs_or_is_equal_only_if_its_whole_interval_says_so(
    factor: float, spread: float, verdict: str
) -> None:
    above = [factor * math.exp(spread * step) for step in (-1, 0, 1)]
    assert ratio(by_round(*above), by_round(1.0, 1.0, 1.0), margin=0.05).verdict == verdict


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected", "reason"),
    [
        ([], [1.0], None, "not measured in both"),
        ([1.0, 1.0], [0.0, 1.0], None, "a run measured 0"),
        ([3.0], [1.0, 1.1], 3 / math.sqrt(1.1), "a single run has no interval"),
    ],
)
def test_a_ratio_without_an_interval_has_a_reason_and_no_verdict(
    numerator: list[float], denominator: list[float], expected: float | None, reason: str
) -> None:
    found = ratio(by_round(*numerator), by_round(*denominator))
    assert found.ratio == pytest.approx(expected)
    assert found.reason is not None
    assert reason in found.reason
    assert (found.low, found.high, found.verdict) == (None, None, "cannot tell")


def test_values_without_spread_have_no_interval() -> None:
    found = estimate([6.0, 6.0, 6.0])
    assert found.centre == pytest.approx(6)
    assert (found.low, found.high) == (None, None)


def test_a_figure_without_values_has_no_typical_value() -> None:
    assert estimate([]).centre is None
    assert estimate([0.0, 4.0]).centre == 2


def test_an_additive_figure_has_an_arithmetic_mean_and_can_be_negative() -> None:
    found = estimate([-1.0, 0.0, 1.0], additive=True)
    assert found.centre == 0
    assert found.high == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4)
    assert found.low == pytest.approx(-4.3027 / math.sqrt(3), rel=1e-4)


@pytest.mark.parametrize(
    ("events", "trials", "bound"),
    # 1 - 0.05 ** (1 / 5) = 0.45072. 0.16036 - 0.1 is 1.64485 standard errors of a share of 0.16036.
    [(0, 300, 0.00994), (0, 5, 0.45072), (0, 1, 0.95), (0, 0, None), (10, 100, 0.16036), (100, 100, 1.0)],
)
def test_a_share_is_bounded_exactly_if_it_is_0_else_by_wilson_s_score(
    events: int, trials: int, bound: float | None
) -> None:
    assert upper_bound(events, trials) == pytest.approx(bound, abs=0.00001)


@pytest.mark.parametrize("true", [1.0, 1.25])
@pytest.mark.parametrize("drift", [0.0, 0.25])
@pytest.mark.parametrize("rounds", [3, 5])
def test_paired_intervals_contain_the_true_ratio_in_nineteen_of_twenty_trials(
    true: float, drift: float, rounds: int
) -> None:
    found = simulate(true, rounds=rounds, drift=drift, noise=0.05, trials=1000)
    # Four standard errors of the share of 1,000 trials below 95 %.
    assert found.coverage["in pairs"] >= 0.922


def test_pairs_find_a_difference_in_spite_of_a_drift_that_hides_it_from_welch_s_interval() -> None:
    found = simulate(1.25, rounds=5, drift=0.25, noise=0.05, trials=200)
    assert found.differs["in pairs"] >= 0.85
    assert found.differs["without pairs"] <= 0.1


def test_equal_environments_differ_in_fewer_than_one_of_a_hundred_trials() -> None:
    assert simulate(1.0, rounds=5, drift=0.0, noise=0.02, trials=400).differs["in pairs"] <= 0.01
