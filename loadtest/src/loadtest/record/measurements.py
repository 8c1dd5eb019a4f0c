"""Read all rows of a run directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.errors import FileError
from loadtest.record.rows import (
    MOST_ROWS,
    Completion,
    DeadLetter,
    EmulatorSample,
    GeneratorSample,
    HostSample,
    MemorySample,
    QueueSample,
    Redelivery,
    Request,
    read_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.record.run_directory import RunDirectory

_MOST_PROCESSES = 100
_MOST_NAMES = 100


class Measurements(Struct, frozen=True):
    """The rows of one run."""

    requests: list[Request]
    """Of all Locust processes, one process after the other."""
    processes: list[list[GeneratorSample]]
    """The samples of each Locust process."""
    samples: list[QueueSample]
    completions: list[Completion]
    redeliveries: list[Redelivery] | None
    """None where they were not read, as in earlier runs."""
    dead_letters: list[DeadLetter] | None
    """None where they were not read, as in runs of schema 2 and earlier."""
    memory: list[MemorySample]
    """Empty where it was not collected, as the following."""
    host: list[HostSample]
    emulators: list[EmulatorSample]


def read_measurements(run_directory: RunDirectory) -> Measurements:
    """Read all rows of a run; raises FileError when a file is missing, damaged or too large."""
    if len(run_directory.sample_files()) > _MOST_PROCESSES:
        raise FileError(run_directory.path, f"has more than {_MOST_PROCESSES} generator-*.csv")
    if not run_directory.request_files() or len(run_directory.request_files()) != len(run_directory.sample_files()):
        raise FileError(run_directory.path, "needs a requests-*.csv and a generator-*.csv of each Locust process")
    requests: list[Request] = []
    for path in run_directory.request_files():
        requests += read_rows(path, Request, MOST_ROWS - len(requests))
    memory = _optional(run_directory.memory, MemorySample) or []
    emulators = _optional(run_directory.emulators, EmulatorSample) or []
    _limit(run_directory.memory, {sample.service for sample in memory}, "services")
    _limit(run_directory.emulators, {sample.emulator for sample in emulators}, "emulators")
    return Measurements(
        requests=requests,
        processes=[read_rows(path, GeneratorSample) for path in run_directory.sample_files()],
        samples=read_rows(run_directory.queue, QueueSample),
        completions=read_rows(run_directory.completions, Completion),
        redeliveries=_optional(run_directory.redeliveries, Redelivery),
        dead_letters=_optional(run_directory.dead_letters, DeadLetter),
        memory=memory,
        host=_optional(run_directory.host, HostSample) or [],
        emulators=emulators,
    )


def _limit(path: Path, names: set[str], what: str) -> None:
    if len(names) > _MOST_NAMES:
        raise FileError(path, f"has more than {_MOST_NAMES} {what}")


def _optional[Row: Struct](path: Path, kind: type[Row]) -> list[Row] | None:
    return read_rows(path, kind) if path.exists() else None
