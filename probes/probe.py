"""A probe: one behaviour of AWS, where AWS documents it, and a function that observes it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.lab import Lab

EARLY_SECONDS = 0.6
"""How much earlier than documented something may happen. SQS counts in whole seconds of clocks that differ."""

LATE_SECONDS = 5.0
"""How much later than documented something may happen, besides what the environment takes to show a change."""

DEADLINE_SECONDS = 60.0
"""How long a probe may take unless it says otherwise."""


class Outcome(StrEnum):
    """What became of a probe."""

    AS_AWS = "as AWS"
    DIFFERS = "differs"
    NOT_OFFERED = "not offered"
    NOT_SHOWN = "not shown"


class DiffersError(Exception):
    """The environment does something else than AWS. The message says what was seen."""


class NotOfferedError(Exception):
    """The environment does not have what the probe needs. The message is its error."""


class NotShownError(Exception):
    """Nothing was shown either way. The message says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One behaviour of AWS."""

    name: str
    """The module below `behaviours`, and the function: unique, and stable between versions."""
    behaviour: str
    """What AWS does, in a sentence or two."""
    sources: tuple[str, ...]
    """Where AWS documents it: URLs."""
    used_by: str
    """The part of this system that relies on it, a path in this repository; empty if none does."""
    seconds: float
    """The deadline."""
    observe: Callable[[Lab], None]
    """Returns if the environment behaves as AWS does; raises one of the errors above, or that of a call."""


def probe(
    *sources: str, used_by: str = "", seconds: float = DEADLINE_SECONDS
) -> Callable[[Callable[[Lab], None]], Probe]:
    """Make a function a probe. Its docstring is the behaviour of AWS that it observes.

    `sources`, `used_by` and `seconds` are those of `Probe`.
    """

    def decorate(observe: Callable[[Lab], None]) -> Probe:
        module = observe.__module__.partition("behaviours.")[2] or observe.__module__
        behaviour = " ".join((inspect.getdoc(observe) or "").split())
        return Probe(f"{module}.{observe.__name__}", behaviour, sources, used_by, seconds, observe)

    return decorate


def expect(condition: object, seen: str) -> None:
    """Raise DiffersError with what was `seen` unless the condition holds."""
    if not condition:
        raise DiffersError(seen)


def expect_time(what: str, due: float, least: float, most: float) -> None:
    """Raise DiffersError unless something that is due after `due` seconds took place within the tolerances.

    It took between `least` seconds, counted from the end of the call that started it, and `most`, counted from the
    beginning of that call: when in between the environment began to count cannot be seen.
    """
    if most < due - EARLY_SECONDS:
        message = f"{what} after {most:.1f} s, not {due:g} s"
        raise DiffersError(message)
    if least > due + LATE_SECONDS:
        message = f"{what} after {least:.1f} s, not {due:g} s"
        raise DiffersError(message)
