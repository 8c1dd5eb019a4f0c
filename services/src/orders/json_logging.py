"""Write the logs of the process and its libraries to stdout, as one JSON object per line.

Records are written synchronously. That takes about 15 microseconds each, less than passing them to a thread.

Records contain what strangers sent. So a line is ASCII without control characters, its size has a limit, and so has
the number of warnings from each place in the code.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

_encode = msgspec.json.Encoder(enc_hook=str).encode
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_WARNING_INTERVAL_SECONDS = 10
_MAX_WARNINGS = 20
_MAX_TEXT = 1024
_MAX_EXCEPTION_TEXT = 4096
_MAX_FRAMES = 12
_MAX_EXCEPTIONS = 3
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


def rfc3339(moment: datetime) -> str:
    """Format an aware datetime as RFC 3339, in UTC with microseconds: `2026-01-31T12:00:00.000000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, logger, message, then the fields of its `extra`.

    Long texts are cut, and of an exception the last frames are kept.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format one record. Values of types that JSON lacks become strings."""
        line: dict[str, object] = {
            "time": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _text(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD_FIELDS:
                line[name] = value if isinstance(value, int | float | None) else _text(str(value))
        if record.exc_info and record.exc_info[1]:
            line["exception"] = _text("\n".join(_exception_lines(record.exc_info[1])), _MAX_EXCEPTION_TEXT)
        return _NOT_PLAIN.sub(_escape, _encode(line).decode())


def _text(text: str, limit: int = _MAX_TEXT) -> str:
    """Return a text that can be encoded, with at most `limit` characters of the original."""
    if len(text) > limit:
        text = f"{text[: limit // 2]} [{len(text) - limit // 2 * 2} characters] {text[-(limit // 2) :]}"
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _escape(match: re.Match[str]) -> str:
    """Return the JSON escape of a character."""
    code = ord(match[0])
    if code > 0xFFFF:  # noqa: PLR2004  # the largest code of one UTF-16 unit
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _exception_lines(error: BaseException) -> Iterator[str]:
    """Describe an exception and those that caused it, the latest first, each with its last frames."""
    current: BaseException | None = error
    for number in range(_MAX_EXCEPTIONS):
        if current is None:
            return
        if number:
            yield "caused by:"
        yield f"{type(current).__qualname__}: {_text(str(current))}"
        frames = traceback.walk_tb(current.__traceback__)
        for frame in traceback.StackSummary.extract(frames, limit=-_MAX_FRAMES):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}: {frame.line}"
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


class WarningLimit(logging.Filter):
    """Passes up to 20 warnings in 10 seconds from each place in the code, and all records of lower levels.

    The next record from the same place says in `left_out` how many were not passed.
    """

    def __init__(self) -> None:
        """Create a filter that has passed nothing yet."""
        super().__init__()
        self._places: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to pass a record."""
        if record.levelno < logging.WARNING:
            return True
        place = (record.pathname, record.lineno)
        now = time.monotonic()
        end, count = self._places.get(place, (0.0, 0))
        if now >= end:
            if count > _MAX_WARNINGS:
                record.left_out = count - _MAX_WARNINGS
            end, count = now + _WARNING_INTERVAL_SECONDS, 0
        self._places[place] = (end, count + 1)
        return count < _MAX_WARNINGS


def configure_logging(level: str) -> None:
    """Log records of `level` and above to stdout. Libraries log from `warning` on, unless `level` is `debug`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(WarningLimit())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    # No line shows these, so do not collect them for each record.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if level != "debug":
        for library in ("aiobotocore", "aiohttp", "botocore", "sanic"):
            logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))


class RateLimitedWarning:
    """Logs a warning at most once every 10 seconds, with the number of those that it left out."""

    def __init__(self, logger: logging.Logger, message: str) -> None:
        """Create a warning that logs `message` to `logger`."""
        self._logger = logger
        self._message = message
        self._next = 0.0
        self._left_out = 0

    def __call__(self, error: BaseException) -> None:
        """Log the warning with the error, or count it as left out."""
        now = time.monotonic()
        if now < self._next:
            self._left_out += 1
            return
        self._logger.warning(self._message, extra={"error": repr(error), "left_out": self._left_out})
        self._next = now + _WARNING_INTERVAL_SECONDS
        self._left_out = 0
