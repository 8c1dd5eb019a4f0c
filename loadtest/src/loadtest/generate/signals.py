"""Lets a signal end a program the way an exception does, so that it can tidy up behind itself."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn


def exit_on_signals() -> None:
    """Turn the first SIGINT or SIGTERM into SystemExit.

    Neither does anything by itself everywhere: the first process of a container is not ended by SIGTERM, and one in
    the background not by SIGINT.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(number: int, _frame: object) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)
