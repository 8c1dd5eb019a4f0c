from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from loadtest.errors import LoadTestError
from loadtest.record.files import open_regular

if TYPE_CHECKING:
    from pathlib import Path


def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    with open_regular(tmp_path / "file", 4) as file:
        assert file.read() == b"1234"


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(2 * 1024**3)
    with pytest.raises(LoadTestError, match=r"file: has 2,048 MiB, at most 512 MiB are read$"):
        open_regular(tmp_path / "file", 512 * 1024**2)


def test_nothing_but_a_regular_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    (tmp_path / "endless").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    for name, reason in {
        "link": "is a symbolic link",
        "endless": "is a symbolic link",
        "pipe": "is not a regular file",
        "directory": "Is a directory",
        "gone": "No such file or directory",
    }.items():
        with pytest.raises(LoadTestError, match=f"{name}: {reason}$"):
            open_regular(tmp_path / name, 100)
