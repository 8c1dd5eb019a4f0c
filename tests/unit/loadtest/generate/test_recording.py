from __future__ import annotations

import time

import pytest

from loadtest.generate.recording import CpuMeter, Progress, generator_sample, progress_line, request_row
from loadtest.record.rows import Request


def test_a_meter_returns_the_use_since_the_previous_call(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, elapsed = iter([1.0, 1.25, 1.25]), iter([10.0, 11.0, 13.0])
    monkeypatch.setattr(time, "process_time", lambda: next(busy))
    monkeypatch.setattr(time, "monotonic", lambda: next(elapsed))
    meter = CpuMeter()
    assert meter.percent() == 25
    assert meter.percent() == 0


def test_a_sample_is_taken_now() -> None:
    before = time.time()
    sample = generator_sample(7, CpuMeter())
    assert before - 0.001 <= sample.time <= time.time() + 0.001
    assert sample.users == 7


def test_a_row_keeps_the_response_time_unrounded() -> None:
    row = request_row(
        start_time=1.123456789, response_time=21.43759283, status=202, order_id="a", error=None, late_seconds=None
    )
    assert row == Request(1.123457, 21.43759283, 202, "a", "")


def test_a_row_of_the_open_model_has_the_time_at_which_it_was_due() -> None:
    row = request_row(start_time=3.5, response_time=20.0, status=202, order_id="a", error=None, late_seconds=2.5)
    assert row.due_at == row.begins_at == 1.0
    assert row.late_ms == 2500
    assert row.waited_ms == 2520


@pytest.mark.parametrize(
    ("error", "text"),
    [(TimeoutError("timed\n  out"), "timed out"), (ConnectionError(), "ConnectionError()")],
)
def test_an_error_is_one_line_and_never_empty(error: Exception, text: str) -> None:
    row = request_row(start_time=1.0, response_time=2.0, status=0, order_id="", error=error, late_seconds=None)
    assert row.error == text


@pytest.mark.parametrize(("elapsed", "seconds"), [(32.9, 32), (61.2, 60)])
def test_progress_is_one_line(elapsed: float, seconds: int) -> None:
    progress = Progress(elapsed, 60, users=20, accepted=1702, failed=0, orders_per_second=58.44)
    assert progress_line(progress) == f"{seconds} s of 60 s · 20 users · 1,702 accepted · 0 failed · 58.4 orders/s"
