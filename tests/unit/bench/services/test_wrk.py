"""Tests of what is read from wrk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.measurements import BenchError
from tests.bench.services.wrk import Result, read, version

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = """Running 3s test @ http://127.0.0.1:8080/orders/async
  1 threads and 100 connections
Requests/sec:   2600.10
{"requests": 7800, "microseconds": 3000000, "failed": 300, "p50": 21500.0, "p99": 61000.5}
"""


def test_the_last_line_is_read() -> None:
    assert read(OUTPUT) == Result(requests=7800, failed=300, seconds=3.0, p50_ms=21.5, p99_ms=61.0005)


def test_failed_requests_are_not_in_the_rate() -> None:
    assert read(OUTPUT).per_second == 2500


def test_few_requests_have_no_99th_percentile() -> None:
    assert read(OUTPUT.replace("7800", "999")).p99_ms is None
    assert read(OUTPUT.replace("7800", "1000")).p99_ms == 61.0005


def test_a_load_without_responses_is_an_error() -> None:
    with pytest.raises(BenchError, match="no response"):
        read(OUTPUT.replace("7800", "0"))


@pytest.mark.parametrize("output", ["", "unable to connect to 127.0.0.1:1 Connection refused\n"])
def test_the_message_of_wrk_is_in_the_error(output: str) -> None:
    with pytest.raises(BenchError, match=f"wrk failed: {output.strip()}"):
        read(output)


def test_without_wrk_the_error_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BenchError, match="apt-get install wrk"):
        version()
