"""The callback that writes down how long each role of a deployment took.

A play names the file with set_stats, in its last task: so it is written for a deployment that reached its end, and for
no other playbook.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.playbook import Playbook
    from ansible.playbook.task import Task as AnsibleTask

DOCUMENTATION = r"""
name: deployment_timings
type: notification
short_description: Write down how long each role of a deployment took
description:
  - Writes a JSON file with started_at (RFC 3339), total_seconds, roles (seconds of each), spans (each time that a role
    had the word - role, started (seconds since the start) and seconds), wait_seconds (the part of the total in which
    all was made, and only waited for), and changed (number of tasks).
  - A task waits when its name begins with Wait, or when it is one of the role smoke_order.
  - The file is the custom statistic deployment_timings_file, which a play sets with set_stats.
"""


class Task(NamedTuple):
    """A task of a role, and when it began; of no role, what is none's: the end of a role, or of the playbook."""

    role: str | None
    waits: bool
    began: float
    """Seconds since the start."""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Adds up the time between the start of one task and the start of the next, role by role."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "deployment_timings"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Begin with no time spent."""
        super().__init__()
        self._begin()

    def v2_playbook_on_start(self, playbook: Playbook) -> None:  # noqa: ARG002  # Ansible gives it
        """Start the clock."""
        self._begin()

    def v2_playbook_on_task_start(self, task: AnsibleTask, is_conditional: bool) -> None:  # noqa: ARG002, FBT001  # as above
        """Note which role has the word now."""
        role = task._role.get_name() if task._role else None  # noqa: SLF001  # there is no public name for it
        self._tasks.append(Task(role, task.name.startswith("Wait") or role == "smoke_order", self._elapsed()))

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Write the file, when a play has named one."""
        file = stats.custom.get("_run", {}).get("deployment_timings_file")
        if file is None:
            return
        timings = {
            "started_at": self._started_at.isoformat(timespec="seconds"),
            **summary(self._tasks, self._elapsed()),
            "changed": sum(stats.changed.values()),
        }
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(json.dumps(timings, indent=2) + "\n")

    def _begin(self) -> None:
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        self._tasks: list[Task] = []

    def _elapsed(self) -> float:
        return time.monotonic() - self._started


def summary(tasks: list[Task], total: float) -> dict[str, Any]:
    """Add up what each role took, of ``total`` seconds."""
    ends = [task.began for task in tasks[1:]] + [total]
    lasted = list(zip(tasks, ends, strict=True))
    spans = []
    roles: dict[str, float] = {}
    for role, stretch in groupby(lasted, key=lambda each: each[0].role):
        if role is None:
            continue
        own = list(stretch)
        began, ended = own[0][0].began, own[-1][1]
        spans.append({"role": role, "started": round(began, 2), "seconds": round(ended - began, 2)})
        roles[role] = roles.get(role, 0) + ended - began
    return {
        "total_seconds": round(total, 2),
        "roles": {role: round(seconds, 2) for role, seconds in roles.items()},
        "spans": spans,
        "wait_seconds": round(sum(end - task.began for task, end in lasted if task.waits), 2),
    }
