"""Read from the processor's log which orders were completed, and when.

The processor logs one record for each completion. The log is delivered late, so it is polled.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from loadtest.observe.log_group import read_record
from loadtest.record.rows import Completion, Request, read_rows, write_rows

if TYPE_CHECKING:
    from loadtest.clock import Clock
    from loadtest.observe.log_group import LogGroup
    from loadtest.record.run_directory import RunDirectory

POLL_SECONDS = 2.0


class _Record(Struct):
    order_id: str
    created_at: Annotated[datetime, Meta(tz=True)]
    completed_at: Annotated[datetime, Meta(tz=True)]
    receive_count: int


def collect_completions(
    run_directory: RunDirectory, log_group: LogGroup, clock: Clock, *, since: float, deadline_seconds: float
) -> str:
    """Poll until each accepted order has a record or the deadline passes; write completions.csv, return a summary line.

    An order without a record is not an error here; a gate checks it.
    """
    accepted = {
        row.order_id for path in run_directory.request_files() for row in read_rows(path, Request) if row.order_id
    }
    give_up = clock.monotonic() + deadline_seconds
    while True:
        completions = read_completions(log_group, since)
        missing = accepted - {each.order_id for each in completions}
        if not missing or clock.monotonic() >= give_up:
            break
        clock.sleep(POLL_SECONDS)
    write_rows(run_directory.completions, Completion, completions)
    return (
        f"{len(accepted) - len(missing):,} of {len(accepted):,} accepted orders completed; {len(completions):,} records"
    )


def read_completions(log_group: LogGroup, since: float) -> list[Completion]:
    """Return every completion logged since unix time `since`, ordered by time of completion.

    Records that are equal in every field are one line that was delivered twice, and count once.
    """
    found = {
        Completion(each.order_id, each.created_at.timestamp(), each.completed_at.timestamp(), each.receive_count)
        for line in log_group.lines(since)
        if (each := read_record(line.text, "order completed", _Record)) is not None
    }
    return sorted(found, key=lambda each: (each.completed_at, each.order_id))
