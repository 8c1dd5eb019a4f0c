"""The log of a trial: a file with the output of all steps, which a thread copies to standard output.

A terminal can block for hours (Ctrl-S, a pager) or go away, so neither a step nor the trial writes to it.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

_POLL_SECONDS = 0.2
_LAST_SECONDS = 5.0
"""How long the last lines may take."""


class Log:
    """The file at `path`. As a context, shows what is added to it."""

    def __init__(self, path: Path) -> None:
        """Create the file."""
        self.path = path
        path.touch()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def say(self, text: str) -> None:
        """Add lines; on a full disk, do without them."""
        with suppress(OSError), self.path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"{text}\n")

    def __enter__(self) -> Self:
        """Begin to show it."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Show the rest, if standard output takes it."""
        self._ended.set()
        self._thread.join(_LAST_SECONDS)

    def _show(self) -> None:
        # Not through sys.stdout: if it blocks, Python could not end.
        with suppress(OSError), self.path.open("rb") as lines:
            ended = False
            while not ended:
                ended = self._ended.wait(_POLL_SECONDS)
                output = lines.read()
                while output:
                    output = output[os.write(sys.stdout.fileno(), output) :]
