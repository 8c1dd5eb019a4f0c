"""Read what the callback `orders.deploy.task_records` recorded of a playbook. It can have been killed at any time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class AwsError(Struct, frozen=True):
    """An error of AWS."""

    code: str
    operation: str
    message: str


class Task(Struct, frozen=True, kw_only=True):
    """A task on a host, or an attempt of one."""

    began: float
    """Unix seconds."""
    seconds: float
    role: str | None
    task: str
    host: str
    outcome: str
    message: str
    errors: list[AwsError]


class Remaining(Struct, frozen=True):
    """What a teardown found at its end."""

    resources: dict[str, list[str]]
    """What is left, by kind."""
    denied: dict[str, str]
    """The kinds that AWS does not allow to list, and its error."""


class _Published(Struct, frozen=True):
    remaining: Remaining | None = None


def read_tasks(directory: Path) -> list[Task]:
    """Return the tasks of a playbook, without one that was cut off while it was written."""
    tasks: list[Task] = []
    with suppress(FileNotFoundError):
        for line in (directory / "tasks.jsonl").read_bytes().splitlines():
            with suppress(msgspec.DecodeError):
                tasks.append(msgspec.json.decode(line, type=Task))
    return tasks


def read_remaining(directory: Path) -> Remaining | None:
    """Return what is left after a teardown; None if it did not come to list it."""
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode((directory / "stats.json").read_bytes(), type=_Published).remaining
    return None


def errors_by_task(steps: dict[str, list[Task]]) -> list[dict[str, Any]]:
    """Return each error of AWS with its step, role and task, and how often it was seen."""
    seen: dict[tuple[str, str | None, str, AwsError], int] = {}
    for step, tasks in steps.items():
        for task in tasks:
            for error in task.errors:
                key = (step, task.role, task.task, error)
                seen[key] = seen.get(key, 0) + 1
    return [
        {"step": step, "role": role, "task": task, **msgspec.structs.asdict(error), "times": times}
        for (step, role, task, error), times in seen.items()
    ]
