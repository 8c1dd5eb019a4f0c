from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from loadtest.errors import LoadTestError
from loadtest.record.scenario import SCENARIOS, Scenario, find_scenario, read_scenario

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yml")), ids=lambda path: path.stem)
def test_each_scenario_is_valid_and_named_like_its_file(path: Path) -> None:
    assert read_scenario(path).name == path.stem


def test_baseline_and_high_are_the_loads_of_the_reference_system() -> None:
    baseline, high = (read_scenario(find_scenario(name)) for name in ("baseline", "high"))
    assert (baseline.users, baseline.spawn_rate_per_second, baseline.duration_seconds) == (20, 2, 60)
    assert (high.users, high.spawn_rate_per_second, high.duration_seconds) == (50, 5, 60)
    assert baseline.wait_seconds == high.wait_seconds
    assert baseline.wait_seconds.mean == pytest.approx(0.3)
    assert baseline.ramp_seconds == 10


def test_soak_lasts_ten_minutes_and_offers_less_than_100_workers_can_pay_for() -> None:
    soak = read_scenario(find_scenario("soak"))
    assert soak.duration_seconds - soak.ramp_seconds == 600
    assert soak.arrivals_per_second is not None
    assert soak.arrivals_per_second < 100 / 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"users": 0}, "users is 0: Expected `int` >= 1"),
        ({"users": "many"}, "users is 'many': Expected `int`, got `str`"),
        ({"duration_seconds": 0}, "duration_seconds is 0: Expected `int` >= 1"),
        ({"spawn_rate_per_second": float("nan")}, "spawn_rate_per_second is nan"),
        ({"max_failure_ratio": 1.5}, "max_failure_ratio is 1.5: Expected `float` <= 1.0"),
        ({"workers": 100}, "unknown field `workers`"),
        (
            {"wait_seconds": {"min": 0.5, "max": 0.1}},
            "wait_seconds is {'min': 0.5, 'max': 0.1}: min 0.5 is above max 0.1",
        ),
        ({"wait_seconds": {"min": -1, "max": 0.1}}, "wait_seconds.min is -1"),
        ({"users": 1000}, "users: starting 1000 takes 500 s, which must be less than duration_seconds (60)"),
    ],
)
def test_unknown_fields_and_values_out_of_range_are_errors(
    tmp_path: Path, scenario: Scenario, change: dict[str, Any], reason: str
) -> None:
    path = tmp_path / "bad.yml"
    path.write_bytes(msgspec.yaml.encode(msgspec.to_builtins(scenario) | change))
    with pytest.raises(LoadTestError) as refusal:
        read_scenario(path)
    assert str(refusal.value).startswith(str(path))
    assert reason in str(refusal.value)


def test_a_path_is_not_looked_up(tmp_path: Path) -> None:
    assert find_scenario(str(tmp_path / "own.yml")) == tmp_path / "own.yml"


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(
        LoadTestError, match="unknown scenario 'bse': use one of baseline, flash_sale, high, smoke, soak, sync_baseline"
    ):
        find_scenario("bse")


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        pytest.param(
            "sync_baseline",
            "closed model, think time 0.1 to 0.5 s, to /orders/sync, with 20 users at a spawn rate of 2/s, for 60 s, "
            "answer timeout 30 s",
            id="a closed model",
        ),
        pytest.param(
            "flash_sale",
            "open model, arrival rate 60 orders/s, to /orders/async, with 200 users at a spawn rate of 100/s, for "
            "62 s, answer timeout 60 s",
            id="an open model",
        ),
    ],
)
def test_the_load_in_one_sentence(name: str, terms: str) -> None:
    assert read_scenario(find_scenario(name)).terms == terms
