from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loadtest.errors import LoadTestError
from loadtest.observe.memory import collect_memory
from loadtest.record.rows import MemorySample, read_rows
from loadtest.record.run_directory import RunDirectory
from tests.unit.loadtest.conftest import START, Lines

if TYPE_CHECKING:
    from pathlib import Path


def record(second: float, memory_mib: float) -> str:
    time = datetime.fromtimestamp(START + second, UTC).isoformat()
    return json.dumps({"time": time, "level": "info", "message": "memory", "memory_mib": memory_mib})


def test_the_memory_of_all_services_is_written_by_time_and_once(tmp_path: Path) -> None:
    run_directory = RunDirectory(tmp_path)
    api = Lines(record(10, 61.5), record(0, 60.25), '{"message": "started"}', record(10, 61.5))
    line = collect_memory(run_directory, {"processor": Lines(record(5, 70)), "api": api}, since=START)
    assert line == "3 memory samples of 2 processes"
    assert read_rows(run_directory.memory, MemorySample) == [
        MemorySample(START, "api", "stream", 60.25),
        MemorySample(START + 5, "processor", "stream", 70),
        MemorySample(START + 10, "api", "stream", 61.5),
    ]


def test_a_log_without_memory_records_gives_a_file_without_rows(tmp_path: Path) -> None:
    run_directory = RunDirectory(tmp_path)
    collect_memory(run_directory, {"api": Lines("", '{"message": "started"}')}, since=START)
    assert read_rows(run_directory.memory, MemorySample) == []


def test_a_record_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    line = record(0, 60).replace("60", "null")
    with pytest.raises(LoadTestError, match="unreadable record 'memory'"):
        collect_memory(RunDirectory(tmp_path), {"api": Lines(line)}, since=START)
