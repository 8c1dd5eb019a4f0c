"""The exception whose text is meant for the user at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LoadTestError(Exception):
    """Something outside this program is wrong; the message is one line that says what and where."""

    exit_status = 2
    """Of the command that fails with it."""


class FileError(LoadTestError):
    """A file or directory is missing, damaged or cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        """Take the path and the reason, which does not contain the path."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
