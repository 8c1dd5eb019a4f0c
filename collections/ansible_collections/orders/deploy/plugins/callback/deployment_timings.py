"""Record how long each role of a deployment takes."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: deployment_timings
type: notification
short_description: Record how long each role of a deployment takes
description:
  - Writes a JSON file with C(started_at) (RFC 3339), C(total_seconds), C(spans) (C(role), C(started), in seconds since
    the start, and C(seconds) of each run of consecutive tasks of a role on a host), C(roles) (the seconds of each role,
    those on several hosts at the same time included, so that their sum can exceed the total), C(wait_seconds) (the
    seconds in which a task with the tag V(wait) ran), C(changed) (the number of changed tasks) and C(changed_tasks)
    (the role and name of each that changed something on any host, sorted).
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
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook import Playbook
    from ansible.playbook.task import Task as AnsibleTask


class Task(NamedTuple):
    """A task on a host, the role it belongs to (if any), and its time, in seconds since the start of the playbook."""

    host: str
    role: str | None
    waits: bool
    began: float
    ended: float


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Keeps when each task began and ended."""

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

    def v2_runner_on_start(self, host: Host, task: AnsibleTask) -> None:  # noqa: ARG002  # Ansible passes it
        """Record the start of a task."""
        self._running[host.get_name()] = self._elapsed()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Record the end of a task."""
        self._end(result)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # Ansible passes it
        """Record the end of a task."""
        self._end(result)

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        """Record the end of a task."""
        self._end(result)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Write the file, if the playbook has set its name."""
        file = stats.custom.get("_run", {}).get("deployment_timings_file")
        if file is None:
            return
        timings = {
            "started_at": self._started_at.isoformat(timespec="seconds"),
            "total_seconds": round(self._elapsed(), 2),
            **summary(self._tasks),
            "changed": sum(stats.changed.values()),
            "changed_tasks": sorted(self._changed),
        }
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(json.dumps(timings, indent=2) + "\n")

    def _begin(self) -> None:
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        self._running: dict[str, float] = {}  # when the task of each host began
        self._tasks: list[Task] = []
        self._changed: set[str] = set()

    def _end(self, result: CallbackTaskResult) -> None:
        host, task = result.host.get_name(), result.task
        role = task._role.get_name() if task._role else None  # noqa: SLF001  # Ansible has no public name for it
        began = self._running.pop(host, self._elapsed())
        if role and result.result.get("changed"):
            self._changed.add(f"{role} : {task.name}")
        self._tasks.append(Task(host, role, "wait" in task.tags, began, self._elapsed()))

    def _elapsed(self) -> float:
        return time.monotonic() - self._started


def summary(tasks: list[Task]) -> dict[str, Any]:
    """Add up the times of the tasks of a playbook."""
    spans = []
    roles: dict[str, float] = {}
    by_host = sorted(tasks, key=lambda task: (task.host, task.began))
    for (_, role), group in groupby(by_host, key=lambda task: (task.host, task.role)):
        if role is None:
            continue
        own = list(group)
        seconds = own[-1].ended - own[0].began
        spans.append({"role": role, "started": round(own[0].began, 2), "seconds": round(seconds, 2)})
        roles[role] = roles.get(role, 0) + seconds
    return {
        "roles": {role: round(seconds, 2) for role, seconds in roles.items()},
        "spans": sorted(spans, key=lambda span: span["started"]),
        "wait_seconds": round(covered([(task.began, task.ended) for task in tasks if task.waits]), 2),
    }


def covered(intervals: list[tuple[float, float]]) -> float:
    """Return the length of the union of intervals."""
    length = end = 0.0
    for began, ended in sorted(intervals):
        length += max(0.0, ended - max(began, end))
        end = max(end, ended)
    return length
