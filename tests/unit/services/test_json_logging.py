import json
import logging
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from orders.json_logging import JsonFormatter, RateLimitedWarning, configure_logging, rfc3339

type Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """Return the parsed lines of stdout, and restore the logging configuration afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    for name in ("logThreads", "logProcesses", "logMultiprocessing"):
        monkeypatch.setattr(logging, name, getattr(logging, name))
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for library in ("aiobotocore", "aiohttp", "botocore", "sanic"):
        logging.getLogger(library).setLevel(logging.NOTSET)


def test_moments_are_formatted_in_utc_with_microseconds() -> None:
    west = timezone(timedelta(hours=-7))
    assert rfc3339(datetime(2026, 1, 31, 5, 0, tzinfo=west)) == "2026-01-31T12:00:00.000000Z"


def test_a_record_is_one_line_of_json_with_its_fields(lines: Lines) -> None:
    configure_logging("info")
    order_id = UUID(int=1)
    logging.getLogger("orders.example").info("two\nlines %d", 3, extra={"order_id": order_id, "count": 2})
    (line,) = lines()
    assert datetime.fromisoformat(line.pop("time")).utcoffset() == timedelta(0)
    assert line == {
        "level": "info",
        "logger": "orders.example",
        "message": "two\nlines 3",
        "order_id": str(order_id),
        "count": 2,
    }


def test_a_record_contains_its_exception() -> None:
    error = LookupError()
    record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "failed", None, (LookupError, error, None))
    assert "LookupError" in json.loads(JsonFormatter().format(record))["exception"]


def test_libraries_log_from_warning_on(lines: Lines) -> None:
    configure_logging("info")
    logging.getLogger("botocore.hooks").info("chatter")
    logging.getLogger("sanic.error").warning("trouble")
    assert [line["message"] for line in lines()] == ["trouble"]


def test_libraries_log_everything_at_level_debug(lines: Lines) -> None:
    configure_logging("debug")
    logging.getLogger("botocore.hooks").debug("chatter")
    assert [line["message"] for line in lines()] == ["chatter"]


def test_a_level_above_warning_applies_to_libraries(lines: Lines) -> None:
    configure_logging("error")
    logging.getLogger("sanic.error").warning("trouble")
    logging.getLogger("orders").warning("trouble")
    assert lines() == []


def test_pythons_warnings_are_logged(lines: Lines) -> None:
    configure_logging("info")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
    assert "old" in lines()[0]["message"]


def test_a_rate_limited_warning_counts_those_it_leaves_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 105.0, 109.0, 110.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    warn = RateLimitedWarning(logging.getLogger("x"), "went wrong")
    for n in range(4):
        warn(OSError(n))
    logged = [(record.getMessage(), vars(record)["error"], vars(record)["left_out"]) for record in caplog.records]
    assert logged == [("went wrong", "OSError(0)", 0), ("went wrong", "OSError(3)", 2)]
