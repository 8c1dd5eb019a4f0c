from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from loadtest.evaluate.evaluation import evaluate
from loadtest.evaluate.summary import summary
from loadtest.record.run import Emulator, Gate, Run

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory


@pytest.fixture
def run(run_directory: RunDirectory) -> Run:
    """An evaluated run without a loss."""
    return evaluate(run_directory)


def changed(run: Run, part: str, **fields: Any) -> Run:  # noqa: ANN401  # fields of a figure
    return msgspec.structs.replace(run, **{part: msgspec.structs.replace(getattr(run, part), **fields)})


def test_a_run_is_three_lines(run: Run) -> None:
    run = changed(run, "requests", ms=msgspec.structs.replace(run.requests.ms, p50=7.1, p99=21.8))
    run = changed(run, "orders", accepted=3598)
    run = changed(run, "queue", peak_depth=1772, drain_seconds=54.0, model_drain_seconds=52.9)
    run = msgspec.structs.replace(run, settings={"workers": 100, "payment_seconds": "3.0"})
    gates = len(run.gates)
    assert summary(run) == [
        "3,598 orders, none lost, dead-lettered or completed twice; median response 7.1 ms, p99 21.8 ms",
        "Backlog of 1,772 orders drained in 54.0 s; arithmetic says 52.9 s (100 workers, 3 s a payment)",
        f"{gates} of {gates} checks passed",
    ]


@pytest.mark.parametrize(
    ("part", "fields", "said"),
    [
        ("orders", {"lost": 2, "duplicated": 1}, ", 2 lost, 1 completed twice; "),
        ("orders", {"lost": None}, "; whether any was lost is unknown; "),
        ("requests", {"failures": 3}, " 3 of "),
        ("queue", {"drain_seconds": None}, " did not drain"),
        ("queue", {"peak_depth": None}, "How many orders waited in the queue is unknown"),
    ],
)
def test_what_went_wrong_or_was_not_measured_is_said(run: Run, part: str, fields: dict[str, Any], said: str) -> None:
    assert said in "\n".join(summary(changed(run, part, **fields)))


def test_without_a_backlog_no_order_waited(run: Run) -> None:
    assert summary(changed(run, "queue", peak_depth=0))[1] == "No order waited in the queue"


def test_a_time_that_was_not_measured_is_a_dash(run: Run) -> None:
    without = changed(run, "requests", ms=msgspec.structs.replace(run.requests.ms, p99=None))
    assert "p99 — ms" in summary(without)[0]


def test_failed_checks_are_named_and_an_emulator_says_nothing_about_aws(run: Run) -> None:
    emulator = Emulator("localstack:4", "sha256:5eed", run.started_at)
    run = msgspec.structs.replace(
        run,
        gates=[Gate("one", passed=True, detail=""), Gate("two", passed=False, detail="")],
        emulators={"localstack": emulator},
    )
    assert summary(run)[2] == (
        "1 of 2 checks passed, not: two; emulators say nothing about AWS's latency, throttling and capacity"
    )
