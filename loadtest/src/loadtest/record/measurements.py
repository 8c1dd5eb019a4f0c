"""What was measured in a run: the rows of its folder, read together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.errors import LoadTestError
from loadtest.record.rows import Completion, GeneratorSample, MemorySample, QueueSample, Request, read_rows

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory


class Measurements(Struct, frozen=True):
    """The rows of one run."""

    requests: list[Request]
    """Of all generating processes, one process after the other."""
    processes: list[list[GeneratorSample]]
    """The samples of each generating process."""
    samples: list[QueueSample]
    completions: list[Completion]
    memory: list[MemorySample]
    """Empty also where nobody has asked for it."""


def read_measurements(folder: RunDirectory) -> Measurements:
    """Read all rows of a run; raises LoadTestError when a file is missing or damaged."""
    if not folder.request_files() or len(folder.request_files()) != len(folder.sample_files()):
        message = f"{folder.path}: needs a requests-*.csv and a generator-*.csv of each generating process"
        raise LoadTestError(message)
    return Measurements(
        requests=[row for path in folder.request_files() for row in read_rows(path, Request)],
        processes=[read_rows(path, GeneratorSample) for path in folder.sample_files()],
        samples=read_rows(folder.queue, QueueSample),
        completions=read_rows(folder.completions, Completion),
        memory=read_rows(folder.memory, MemorySample) if folder.memory.exists() else [],
    )
