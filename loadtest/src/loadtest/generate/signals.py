"""Turn signals into an exception, so that a command can clean up before it exits."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn


def exit_on_signals() -> None:
    """Raise SystemExit on the first SIGINT or SIGTERM, and ignore further ones.

    The default actions are not enough: PID 1 of a container ignores SIGTERM, and a background process SIGINT.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)


def _exit(number: int, _frame: object) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)
