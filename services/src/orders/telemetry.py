"""Logs: one JSON object a line on stdout, from every logger of the process, libraries' included.

A record is written where it is made: formatting and one `write` cost some 15 microseconds, cheaper than handing it to a
thread.
"""

import logging
import sys
import time
from datetime import UTC, datetime

import msgspec

_encode = msgspec.json.Encoder(enc_hook=str).encode
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def rfc3339(moment: datetime) -> str:
    """Format a moment as RFC 3339 in UTC with microseconds: `2026-01-31T12:00:00.000000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, logger, message, then the fields given in `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one record; values that JSON does not know become text."""
        line: dict[str, object] = {
            "time": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode(line).decode()


def configure_logging(level: str) -> None:
    """Send every record of `level` or above to stdout; libraries speak from `warning` on, at debug level in full."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    # Work that each record would cost and no line shows.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if level != "debug":
        for library in ("aiobotocore", "aiohttp", "botocore", "sanic"):
            logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))


class RareWarning:
    """Logs a warning that may repeat quickly at most once in `seconds`, and says how many it left out."""

    def __init__(self, logger: logging.Logger, message: str, seconds: float = 10) -> None:
        """Log `message` to `logger`."""
        self._logger = logger
        self._message = message
        self._seconds = seconds
        self._next = 0.0
        self._left_out = 0

    def __call__(self, error: BaseException) -> None:
        """Log the message with the error's text, unless one was logged shortly before."""
        now = time.monotonic()
        if now < self._next:
            self._left_out += 1
            return
        self._logger.warning(self._message, extra={"error": repr(error), "left_out": self._left_out})
        self._next = now + self._seconds
        self._left_out = 0
