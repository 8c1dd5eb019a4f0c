"""Read from the services' logs how much memory their processes used. Each process logs it every ten seconds."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from loadtest.observe.log_group import read_record
from loadtest.record.rows import MemorySample, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.observe.log_group import LogGroup
    from loadtest.record.run_directory import RunDirectory


class _Record(Struct):
    time: Annotated[datetime, Meta(tz=True)]
    memory_mib: float


def collect_memory(run_directory: RunDirectory, log_groups: Mapping[str, LogGroup], *, since: float) -> str:
    """Write memory.csv with what each service has logged since unix time `since`; return a summary line.

    A service that logs no memory is not an error. Equal samples are one line that was delivered twice, and count once.
    """
    samples = {
        MemorySample(found.time.timestamp(), service, line.stream, found.memory_mib)
        for service, log_group in log_groups.items()
        for line in log_group.lines(since)
        if (found := read_record(line.text, "memory", _Record)) is not None
    }
    write_rows(
        run_directory.memory, MemorySample, sorted(samples, key=lambda each: (each.time, each.service, each.process))
    )
    processes = {(each.service, each.process) for each in samples}
    return f"{len(samples):,} memory samples of {len(processes):,} processes"
