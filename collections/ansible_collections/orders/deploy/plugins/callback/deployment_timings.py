"""Record how long each role of a deployment takes."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: deployment_timings
type: notification
short_description: Record how long each role of a deployment takes
description:
  - Writes a JSON file with C(started_at) (RFC 3339), C(total_seconds), C(roles) (the seconds of each role), C(spans)
    (C(role), C(started), in seconds since the start, and C(seconds) of each run of consecutive tasks of a role),
    C(wait_seconds) (the seconds of the tasks with the tag V(wait)) and C(changed) (the number of changed tasks).
  - A playbook sets the name of the file with M(ansible.builtin.set_stats), as C(deployment_timings_file). If its last
    task does so, the file is written only for a successful run.
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Record how long the deployment took
  ansible.builtin.set_stats:
    data:
      deployment_timings_file: results/deployments/1.json
"""

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


class Task(NamedTuple):
    """A task, the role it belongs to (if any), and its start, in seconds since the start of the playbook."""

    role: str | None
    waits: bool
    began: float


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Adds up the times from the start of a task to the start of the next, by role."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "deployment_timings"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Start the clock."""
        super().__init__()
        self._begin()

    def v2_playbook_on_start(self, playbook: Playbook) -> None:  # noqa: ARG002  # Ansible passes it
        """Start the clock."""
        self._begin()

    def v2_playbook_on_task_start(self, task: AnsibleTask, is_conditional: bool) -> None:  # noqa: ARG002, FBT001  # Ansible passes it
        """Record the start of a task."""
        role = task._role.get_name() if task._role else None  # noqa: SLF001  # Ansible has no public name for it
        self._tasks.append(Task(role, "wait" in task.tags, self._elapsed()))

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Write the file, if the playbook has set its name."""
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
    """Add up the times of the tasks of a playbook that took ``total`` seconds."""
    ends = [task.began for task in tasks[1:]] + [total]
    timed = list(zip(tasks, ends, strict=True))
    spans = []
    roles: dict[str, float] = {}
    for role, group in groupby(timed, key=lambda each: each[0].role):
        if role is None:
            continue
        own = list(group)
        began, ended = own[0][0].began, own[-1][1]
        spans.append({"role": role, "started": round(began, 2), "seconds": round(ended - began, 2)})
        roles[role] = roles.get(role, 0) + ended - began
    return {
        "total_seconds": round(total, 2),
        "roles": {role: round(seconds, 2) for role, seconds in roles.items()},
        "spans": spans,
        "wait_seconds": round(sum(end - task.began for task, end in timed if task.waits), 2),
    }
