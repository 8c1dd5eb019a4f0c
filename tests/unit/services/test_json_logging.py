import json
import logging
import time
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


def record(message: str = "failed", *, error: BaseException | None = None, **extra: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("x", logging.ERROR, "f.py", 1, message, None, info)
    vars(made).update(extra)
    return made


def recurse(depth: int) -> None:
    if depth:
        recurse(depth - 1)
        return
    raise LookupError("x" * 100_000)


def test_a_deep_traceback_is_cut() -> None:
    with pytest.raises(LookupError) as caught:
        recurse(900)
    began = time.process_time()
    line = JsonFormatter().format(record(error=caught.value))
    assert time.process_time() - began < 0.05
    assert len(line) < 8192
    exception = json.loads(line)["exception"]
    assert exception.startswith("LookupError: xxx")
    assert "raise LookupError" in exception


def test_a_long_chain_of_exceptions_is_cut() -> None:
    error: Exception = LookupError(0)
    for number in range(1, 1000):
        try:
            try:
                raise error
            except LookupError as cause:
                raise LookupError(number) from cause
        except LookupError as caught:
            error = caught
    line = JsonFormatter().format(record(error=error))
    assert len(line) < 8192
    assert json.loads(line)["exception"].count("caused by:") == 2


def test_long_fields_are_cut() -> None:
    line = JsonFormatter().format(record("m" * 100_000, path="p" * 100_000, parts=["q" * 100_000]))
    assert len(line) < 4096
    assert json.loads(line)["path"].startswith("ppp")
    assert "98976 characters" in line


def test_a_line_is_printable_ascii() -> None:
    text = "\x1b[2J \x07 \x7f \x9b31m \u202e \u2028 \ud800 \U0001f4a1 \n ü"
    line = JsonFormatter().format(record(text, error=LookupError(text), path=text))
    assert line.isascii()
    assert line.isprintable()
    parsed = json.loads(line)
    assert parsed["message"] == parsed["path"] == text.replace("\ud800", "\\ud800")


def test_warnings_of_one_place_are_limited(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("orders.json_logging.time.monotonic", lambda: now[0])
    configure_logging("info")
    logger = logging.getLogger("orders.example")
    for _ in range(1000):
        logger.error("attacked")
    for _ in range(100):
        logger.info("completed")
    logger.error("something else")
    now[0] += 10
    for _ in range(2):
        logger.error("attacked")  # another place
    logged = [line["message"] for line in lines()]
    assert logged == ["attacked"] * 20 + ["completed"] * 100 + ["something else"] + ["attacked"] * 2


def test_what_was_left_out_is_counted(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("orders.json_logging.time.monotonic", lambda: now[0])
    configure_logging("info")
    for number in range(100):
        now[0] += 10 if number == 99 else 0
        logging.getLogger("orders.example").error("attacked")
    assert [line.get("left_out") for line in lines()] == [None] * 20 + [79]
