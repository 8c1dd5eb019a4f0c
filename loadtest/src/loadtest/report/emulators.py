"""What a run on an emulator does not exercise. A run lists its emulators among its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MESSAGES = [
    "Throttling: no request is throttled, so no retry of a throttled request was exercised.",
    "Duplicates and reordering: messages arrive once and in order, so a run without duplicates says nothing about AWS.",
]
_ALL = [
    *_MESSAGES,
    "Capacity and network: each emulated service is one process on one computer, without network latency.",
    "Cost: nothing is charged; the costs are those of the same system on AWS.",
]

NOT_EXERCISED = {
    "localstack": [*_ALL],
    "ministack": [
        *_ALL,
        "Target health: every target of the load balancer is reported healthy, so no replacement was exercised.",
        "CPU and memory of a task: no limit is enforced, so response times do not depend on the size of a task.",
        "Autoscaling: not implemented, so the number of tasks did not follow the load.",
    ],
    "moto": [*_ALL],
    "habits": [],
}


def emulators_of(versions: Mapping[str, object]) -> list[str]:
    """Return the known emulators among a run's versions."""
    return [name for name in NOT_EXERCISED if name in versions]


def not_exercised(emulators: Sequence[str]) -> list[str]:
    """Return what these emulators do not exercise, without repetitions; of an unknown one, what none exercises.

    In front of an emulator, `habits` does with messages what the emulator does not.
    """
    sentences = dict.fromkeys(sentence for name in emulators for sentence in NOT_EXERCISED.get(name, _ALL))
    return [sentence for sentence in sentences if "habits" not in emulators or sentence not in _MESSAGES]
