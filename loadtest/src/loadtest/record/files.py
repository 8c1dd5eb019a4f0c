"""Open the files of a run directory, which can come from a stranger."""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO

from loadtest.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

_MIB = 1024 * 1024


def open_regular(path: Path, most_bytes: int) -> BinaryIO:
    """Open a regular file of at most `most_bytes`.

    Raises FileError for a missing, unreadable or larger file, and for anything else: a symbolic link could lead to
    a file that is not of the run, and reading a pipe or a device may never end.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    except (OSError, ValueError) as error:
        reason = "is a symbolic link" if path.is_symlink() else getattr(error, "strerror", None) or str(error)
        raise FileError(path, reason) from error
    found = os.fstat(file.fileno())
    reason = None
    if not S_ISREG(found.st_mode):
        reason = "is not a regular file"
    elif found.st_size > most_bytes:
        reason = f"has {found.st_size / _MIB:,.0f} MiB, at most {most_bytes / _MIB:,.0f} MiB are read"
    if reason is None:
        return file
    file.close()
    raise FileError(path, reason)
