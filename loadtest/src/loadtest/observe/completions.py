"""Read from the processor's log which orders were completed, and when, and which were delivered again.

The processor logs one record for each completion, and one for each delivery of an order that it has paid for, or is
paying for. The log is delivered late, so it is polled.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from loadtest.observe.log_group import read_record
from loadtest.record.rows import Completion, Redelivery, Request, read_rows, write_rows

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


class _Redelivered(Struct):
    order_id: str
    message_id: str
    receive_count: int


def collect_completions(
    run_directory: RunDirectory, log_group: LogGroup, clock: Clock, *, since: float, deadline_seconds: float
) -> str:
    """Poll until each accepted order has a record or the deadline passes; write the records, return a summary line.

    The records are those of completions.csv and redeliveries.csv.

    An order without a record is not an error here; a gate checks it.
    """
    accepted = {
        row.order_id for path in run_directory.request_files() for row in read_rows(path, Request) if row.order_id
    }
    give_up = clock.monotonic() + deadline_seconds
    while True:
        completions, redeliveries = read_records(log_group, since)
        missing = accepted - {each.order_id for each in completions}
        if not missing or clock.monotonic() >= give_up:
            break
        clock.sleep(POLL_SECONDS)
    write_rows(run_directory.completions, Completion, completions)
    write_rows(run_directory.redeliveries, Redelivery, redeliveries)
    return (
        f"{len(accepted) - len(missing):,} of {len(accepted):,} accepted orders completed; {len(completions):,} records"
    )


def read_records(log_group: LogGroup, since: float) -> tuple[list[Completion], list[Redelivery]]:
    """Return what was logged since unix time `since`: completions, ordered by their time, and redeliveries.

    Records that are equal in every field are one line that was delivered twice, and count once.
    """
    completions, redeliveries = set(), set()
    for line in log_group.lines(since):
        if (done := read_record(line.text, "order completed", _Record)) is not None:
            times = done.created_at.timestamp(), done.completed_at.timestamp()
            completions.add(Completion(done.order_id, *times, done.receive_count))
        elif (again := read_record(line.text, "order delivered again", _Redelivered)) is not None:
            redeliveries.add(Redelivery(again.order_id, again.message_id, again.receive_count))
    return (
        sorted(completions, key=lambda each: (each.completed_at, each.order_id)),
        sorted(redeliveries, key=lambda each: (each.order_id, each.message_id, each.receive_count)),
    )
