"""Read and write the rows of a run's CSV files.

Times are unix seconds; durations have their unit in their name. A truncated or damaged file is an error, as figures
from half the rows would look like figures from all of them.
"""

from __future__ import annotations

import csv
import io
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Self

import msgspec
from msgspec import Meta, Struct

from loadtest.errors import FileError
from loadtest.record.documents import explain
from loadtest.record.files import open_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

MOST_BYTES = 512 * 1024 * 1024
MOST_ROWS = 4_000_000
"""Of a file; they take about 1 GiB of memory."""

_LONGEST_LINE = 64 * 1024
_LINE_ENDS = ("\n", "\r")
_QUOTED = 200

_FOREVER = 1e11
"""The year 5138; an upper bound also excludes infinity."""

Finite = Annotated[float, Meta(ge=0, le=_FOREVER)]
Count = Annotated[int, Meta(ge=0, le=10**12)]
Label = Annotated[str, Meta(pattern=r"\A[\w.-]{1,255}\Z")]


class Request(Struct, frozen=True):
    """One request, from its start to its answer or its timeout."""

    started_at: Finite
    response_ms: Finite
    status: Count
    """HTTP status; 0 without an answer."""
    order_id: str
    """Empty unless the order was accepted."""
    error: str
    """Empty unless the request failed."""
    due_at: Finite | None = None
    """When it was due, in the open model; None in the closed model, and in runs of schema 2 and earlier."""

    @property
    def ended_at(self) -> float:
        """Unix seconds at which the answer was complete."""
        return self.started_at + self.response_ms / 1000

    @property
    def begins_at(self) -> float:
        """Unix seconds from which its response time counts: when it was due, else when it was started."""
        return self.started_at if self.due_at is None else self.due_at

    @property
    def late_ms(self) -> float:
        """Milliseconds from when it was due to its start: the load generator's delay."""
        return 0.0 if self.due_at is None else max(0.0, self.started_at - self.due_at) * 1000

    @property
    def waited_ms(self) -> float:
        """Response time as a customer sees it, the load generator's delay included.

        Counted from the start alone, a load generator that stalls together with the system would hide the wait
        ("coordinated omission": Tene, "How NOT to Measure Latency", 2013).
        """
        return self.late_ms + self.response_ms


class GeneratorSample(Struct, frozen=True):
    """A sample of a Locust process that sends load."""

    time: Finite
    users: Count
    cpu_percent: Finite
    """Of one core, since the previous sample."""


class QueueSample(Struct, frozen=True):
    """A sample of the queue and its dead-letter queue."""

    time: Finite
    visible: Count
    in_flight: Count
    delayed: Count
    dead_letters: Count

    @property
    def depth(self) -> int:
        """Messages not yet deleted: waiting, in flight, or delayed."""
        return self.visible + self.in_flight + self.delayed


class Completion(Struct, frozen=True):
    """The processor's record of a completion; an order that was completed twice has two."""

    order_id: str
    created_at: Finite
    completed_at: Finite
    receive_count: Count


class Redelivery(Struct, frozen=True):
    """The processor's record of an order that was delivered again, and not paid for again."""

    order_id: str
    message_id: str
    receive_count: Count


class DeadLetter(Struct, frozen=True):
    """A message in the dead-letter queue after the run."""

    message_id: str
    order_id: str
    """Empty if the message is no order."""


class HostSample(Struct, frozen=True):
    """A sample of the computer that runs the playbook."""

    time: Finite
    cpu_percent: Finite
    """Of all cores together, by all programs, since the previous sample."""


class EmulatorSample(Struct, frozen=True):
    """A sample of an emulator's container."""

    time: Finite
    emulator: Label
    cpu_percent: Finite
    """Of one core, since the previous sample."""
    memory_mib: Finite
    """Without the page cache."""


class MemorySample(Struct, frozen=True):
    """A record of the memory of a service's process."""

    time: Finite
    service: Label
    process: str
    """Its log stream."""
    memory_mib: Finite
    """Resident set size."""


class LedgerEntry(Struct, frozen=True):
    """What became of one accepted order."""

    order_id: str
    accepted_at: Finite
    completed_at: Finite | None
    """Of its first completion, by the load generator's clock."""
    times_completed: Count
    latency_seconds: float | None
    """From its creation by the API to its first completion."""

    @property
    def created_at(self) -> float:
        """Unix seconds of its creation; without a completion, of its acceptance, which is the closest known time."""
        if self.completed_at is None or self.latency_seconds is None:
            return self.accepted_at
        return self.completed_at - self.latency_seconds


class RowWriter[Row: Struct](AbstractContextManager["RowWriter[Row]"]):
    """Writes a CSV file of one kind of row; line-buffered, so that a crash loses no row."""

    def __init__(self, path: Path, kind: type[Row]) -> None:
        """Create or truncate the file, and write the header."""
        self._file = path.open("w", encoding="utf-8", newline="", buffering=1)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(kind.__struct_fields__)

    def write(self, row: Row) -> None:
        """Append a row; None becomes an empty field."""
        self._writer.writerow(msgspec.structs.astuple(row))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()


def write_rows[Row: Struct](path: Path, kind: type[Row], rows: Iterable[Row]) -> None:
    """Write a whole file of rows."""
    with RowWriter(path, kind) as writer:
        for row in rows:
            writer.write(row)


def read_rows[Row: Struct](path: Path, kind: type[Row], most: int = MOST_ROWS) -> list[Row]:
    """Read every row of a CSV file.

    Fields with a default can be missing in the header, as in files of earlier versions, or empty.

    Raises FileError, naming file, line and field, when the file is missing, damaged, or has more than `most` rows.
    """
    fields = kind.__struct_fields__
    required = fields[: len(fields) - len(kind.__struct_defaults__)]
    rows: list[Row] = []
    header = list(fields)  # until it is read
    with io.TextIOWrapper(open_regular(path, MOST_BYTES), encoding="utf-8", newline="") as file:
        lines = csv.reader(_lines(path, file), strict=True)
        try:
            header = next(lines, [])
            if tuple(header) not in (fields, required):
                raise FileError(path, f"the header is {','.join(header)[:_QUOTED]}, not {','.join(fields)}")
            for line in lines:
                if len(rows) >= most:
                    raise FileError(path, f"has more than {most:,} rows")
                cells = zip(header, line, strict=True)
                row = {field: cell for field, cell in cells if cell or field in required}
                try:
                    rows.append(msgspec.convert(row, kind, strict=False))
                except msgspec.ValidationError as error:
                    raise FileError(path, f"line {lines.line_num}: {explain(error, row)}") from error
        except UnicodeDecodeError as error:
            raise FileError(path, str(error)) from error
        except (csv.Error, ValueError) as error:
            raise FileError(path, f"line {lines.line_num}: {len(header)} fields expected ({error})") from error
    return rows


def _lines(path: Path, file: TextIO) -> Iterator[str]:
    """Yield the lines of a file; raises FileError when one is too long, or the last one has no end."""
    line = ""
    for line in iter(lambda: file.readline(_LONGEST_LINE), ""):
        if not line.endswith(_LINE_ENDS):
            break
        yield line
    if not line.endswith(_LINE_ENDS):
        reason = "ends in the middle of a line" if len(line) < _LONGEST_LINE else "has a line that is too long"
        raise FileError(path, reason)
