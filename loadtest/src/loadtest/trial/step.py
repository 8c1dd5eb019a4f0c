"""Run one step of a trial: a process that ends by a deadline, and that only this module interrupts.

Ansible alone cannot do this: its `always` does not run after Ctrl-C, and a playbook has no deadline. So each playbook
is a child of a program that only waits. A child has a session of its own, so the signals of a terminal do not reach it.
"""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

import psutil
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from loadtest.trial.log import Log

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 30.0
"""For an interrupted playbook to end by itself; one that loads from Fargate stops its task."""

# All that a terminal, a session that ends, or a shutdown sends.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Outcome(StrEnum):
    """How a step ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TOO_LATE = "stopped at the deadline"
    INTERRUPTED = "interrupted"


class Step(Struct, frozen=True):
    """A step that was run."""

    name: str
    outcome: Outcome
    seconds: float
    exit_status: int | None
    """None if it was stopped, or could not be started."""


class Interruption:
    """Whether somebody wants this process to end. A signal only sets it, so nothing is cut off at a random place."""

    def __init__(self) -> None:
        """Nobody does yet."""
        self.requested = False

    def watch(self) -> None:
        """Take the signals that would end this process, but for `nohup`'s; ignore the one that would suspend it."""
        for number in _ENDING:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._request)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True


def now() -> float:
    """Return seconds of a clock that also runs while the computer sleeps: AWS goes on billing."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def run_step(  # noqa: PLR0913  # what a process needs, by name
    name: str,
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    log: Log,
    ends_at: float,
    interruption: Interruption | None = None,
) -> Step:
    """Run a command in `directory`, with its output in the log.

    It is stopped, with all processes that it has started, at `ends_at` by `now()`, or when an interruption is
    requested.
    """
    began = now()
    try:
        with log.path.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  # the trial's own command
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        log.say(f"{name}: {error}")
        return Step(name, Outcome.FAILED, 0, None)
    stopped = None
    try:
        while process.poll() is None and stopped is None:
            if interruption is not None and interruption.requested:
                stopped = Outcome.INTERRUPTED
            elif now() >= ends_at:
                stopped = Outcome.TOO_LATE
            else:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_SECONDS)
    finally:
        if process.poll() is None:
            log.say(f"{name}: {stopped}")
            _stop(process)
    outcome = stopped or (Outcome.FAILED if process.returncode else Outcome.SUCCEEDED)
    return Step(name, outcome, round(now() - began, 1), None if stopped else process.returncode)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a process; kill what it leaves."""
    family = _family(process)
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    family += _family(process)
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(family, timeout=_GRACE_SECONDS)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process and its descendants: Ansible's workers have sessions, and so process groups, of their own."""
    if process.returncode is not None:
        return []
    with suppress(psutil.NoSuchProcess):
        own = psutil.Process(process.pid)
        return [own, *own.children(recursive=True)]
    return []
