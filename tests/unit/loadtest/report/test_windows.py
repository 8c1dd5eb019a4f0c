from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from loadtest.report.measured_run import read_run
from loadtest.report.windows import medians_by_window

from .synthetic import SCENARIO

if TYPE_CHECKING:
    from loadtest.report.measured_run import MeasuredRun

    from .conftest import MakeRun

# About 25 requests a second.
BUSY: dict[str, Any] = SCENARIO | {"users": 20, "spawn_rate_per_second": 20, "duration_seconds": 60}


@pytest.fixture
def run(make_run: MakeRun) -> MeasuredRun:
    return read_run(make_run("localstack", 1, scenario=BUSY), "localstack/1")


def sent(run: MeasuredRun, start: float, end: float) -> list[float]:
    """Return the response times of what was sent between two seconds of the load."""
    begun = run.window.start
    return sorted(each.response_ms for each in run.rows.requests if start <= each.started_at - begun < end)


def test_the_windows_are_long_enough_for_a_p95(run: MeasuredRun) -> None:
    found = medians_by_window({"localstack": [run]}, ["api"])
    assert found is not None
    windows = [sent(run, start, start + 10) for start in range(0, 60, 10)]
    assert min(map(len, windows)) >= 200
    assert found.window_seconds == 10
    medians = found.environments["localstack"]
    assert medians.response_p50_ms == [window[math.ceil(0.5 * len(window)) - 1] for window in windows]
    assert medians.response_p95_ms == [window[math.ceil(0.95 * len(window)) - 1] for window in windows]


def test_a_stall_is_a_gap_and_does_not_lengthen_the_windows(run: MeasuredRun) -> None:
    begun = run.window.start
    answered = [each for each in run.rows.requests if not 20 <= each.started_at - begun < 30]
    stalled = replace(run, rows=replace(run.rows, requests=answered))
    found = medians_by_window({"localstack": [stalled]}, [])
    assert found is not None
    assert found.window_seconds == 10
    assert [value is None for value in found.environments["localstack"].response_p95_ms] == [False] * 2 + [True] + [
        False
    ] * 3


def test_an_unmeasured_service_has_no_medians(run: MeasuredRun) -> None:
    found = medians_by_window({"localstack": [run]}, ["watcher"])
    assert found is not None
    assert set(found.environments["localstack"].memory_mib["watcher"]) == {None}


def test_a_short_load_has_no_windows(make_run: MakeRun) -> None:
    short = read_run(make_run("localstack", 1, scenario=BUSY | {"duration_seconds": 30}), "localstack/1")
    assert medians_by_window({"localstack": [short]}, ["api"]) is None
