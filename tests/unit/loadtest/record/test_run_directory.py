from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from loadtest.record.run_directory import RunDirectory, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_the_files_of_this_process_are_among_those_of_all(tmp_path: Path) -> None:
    run_directory = RunDirectory(tmp_path)
    for name in ("requests-other-1.csv", "generator-other-1.csv", "generator.json", "generator-progress.txt"):
        (tmp_path / name).touch()
    run_directory.own_requests.touch()
    run_directory.own_samples.touch()
    assert set(run_directory.request_files()) == {run_directory.own_requests, tmp_path / "requests-other-1.csv"}
    assert set(run_directory.sample_files()) == {run_directory.own_samples, tmp_path / "generator-other-1.csv"}
    assert run_directory.own_requests.name.endswith(f"-{os.getpid()}.csv")


def test_writing_atomically_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "progress.txt"
    path.write_text("old")
    before = path.open()
    write_atomically(path, "new")
    with before:
        assert before.read() == "old", "a reader that had the file open sees it whole"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "report.html"
    directory.mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(directory, "new")
    assert list(tmp_path.iterdir()) == [directory]
