"""Read all rows of a run directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.errors import FileError
from loadtest.record.rows import MOST_ROWS, Completion, GeneratorSample, MemorySample, QueueSample, Request, read_rows

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory

_MOST_PROCESSES = 100
_MOST_SERVICES = 100


class Measurements(Struct, frozen=True):
    """The rows of one run."""

    requests: list[Request]
    """Of all Locust processes, one process after the other."""
    processes: list[list[GeneratorSample]]
    """The samples of each Locust process."""
    samples: list[QueueSample]
    completions: list[Completion]
    memory: list[MemorySample]
    """Empty where it was not collected."""


def read_measurements(run_directory: RunDirectory) -> Measurements:
    """Read all rows of a run; raises FileError when a file is missing, damaged or too large."""
    if len(run_directory.sample_files()) > _MOST_PROCESSES:
        raise FileError(run_directory.path, f"has more than {_MOST_PROCESSES} generator-*.csv")
    if not run_directory.request_files() or len(run_directory.request_files()) != len(run_directory.sample_files()):
        raise FileError(run_directory.path, "needs a requests-*.csv and a generator-*.csv of each Locust process")
    requests: list[Request] = []
    for path in run_directory.request_files():
        requests += read_rows(path, Request, MOST_ROWS - len(requests))
    memory = read_rows(run_directory.memory, MemorySample) if run_directory.memory.exists() else []
    if len({sample.service for sample in memory}) > _MOST_SERVICES:
        raise FileError(run_directory.memory, f"has more than {_MOST_SERVICES} services")
    return Measurements(
        requests=requests,
        processes=[read_rows(path, GeneratorSample) for path in run_directory.sample_files()],
        samples=read_rows(run_directory.queue, QueueSample),
        completions=read_rows(run_directory.completions, Completion),
        memory=memory,
    )
