"""What a run on an emulator does not exercise. A run names its emulators among its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALL = [
    "Throttling: no request is refused for its rate, so no retry of it was exercised.",
    "Duplicates and reordering: messages come once and in order, so a run without duplicates says nothing about AWS.",
    "Capacity and network: each emulated service is one process on one computer, without distance to it.",
    "Cost: nothing is charged; the sums are for the same system on AWS.",
]

NOT_EXERCISED = {
    "localstack": [*_ALL],
    "ministack": [
        *_ALL,
        "Target health: every target of the load balancer is called healthy, so no replacement was exercised.",
        "CPU and memory of a task: no limit is enforced, so response times do not show the size of a task.",
        "Autoscaling: there is none, so the number of tasks did not follow the load.",
    ],
}


def emulators_of(versions: Mapping[str, object]) -> list[str]:
    """Return the known emulators that a run names among its versions."""
    return [name for name in NOT_EXERCISED if name in versions]


def not_exercised(emulators: list[str]) -> list[str]:
    """Return what none of these emulators exercises, each sentence once."""
    return list(dict.fromkeys(sentence for name in emulators for sentence in NOT_EXERCISED[name]))
