"""What each property checks while it tries a case: the log of the services, and that the case ends."""

import json
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from orders.json_logging import JsonFormatter

LIMIT_SECONDS = 10


class _Records(logging.Handler):
    """Keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@contextmanager
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """Collect the log as the services write it: on exit the list has its lines. Fail for an error in it.

    No other handler gets the records: pytest would keep those of all cases.
    """
    lines: list[dict[str, Any]] = []
    records = _Records()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = [records]
    root.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.handlers = handlers
        root.setLevel(level)
    for record in records.kept:
        line = JsonFormatter().format(record)
        assert line.isascii()
        assert line.isprintable()
        assert record.levelno < logging.ERROR, line
        lines.append(json.loads(line))


@contextmanager
def time_limit() -> Iterator[None]:
    """Fail after ten seconds. The test needs `pytest.mark.timeout(0)`, as pytest-timeout has the same timer.

    uvloop does not end for an exception of a signal's handler while it waits: there, `asyncio.timeout` is needed, too.
    """

    def fail(_: int, __: FrameType | None) -> None:
        message = f"not done after {LIMIT_SECONDS} s"
        raise AssertionError(message)

    previous = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
