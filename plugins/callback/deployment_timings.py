"""The callback that writes down how long each role of a deployment took.

A play names the file with set_stats, in its last task: so it is written for a deployment that reached its end, and for
no other playbook.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.playbook import Playbook
    from ansible.playbook.task import Task

DOCUMENTATION = r"""
name: deployment_timings
type: notification
short_description: Write down how long each role of a deployment took
description:
  - Writes a JSON file with started_at (RFC 3339), total_seconds, roles (seconds of each) and changed (number of tasks).
  - The file is the custom statistic deployment_timings_file, which a play sets with set_stats.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Adds up the time between the start of one task and the start of the next, role by role."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "deployment_timings"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Begin with no time spent."""
        super().__init__()
        self._started_at = datetime.now(UTC)
        self._started = self._since = time.monotonic()
        self._role: str | None = None
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def v2_playbook_on_start(self, playbook: Playbook) -> None:  # noqa: ARG002  # Ansible gives it
        """Start the clock."""
        self._started_at = datetime.now(UTC)
        self._started = self._since = time.monotonic()

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:  # noqa: ARG002, FBT001  # as above
        """Book the time since the last task, and turn to this one's role."""
        self._turn_to(task._role.get_name() if task._role else None)  # noqa: SLF001  # there is no public name for it

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Write the file, when a play has named one."""
        self._turn_to(None)
        file = stats.custom.get("_run", {}).get("deployment_timings_file")
        if file is None:
            return
        timings = {
            "started_at": self._started_at.isoformat(timespec="seconds"),
            "total_seconds": round(time.monotonic() - self._started, 2),
            "roles": {role: round(seconds, 2) for role, seconds in self._seconds.items()},
            "changed": sum(stats.changed.values()),
        }
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(json.dumps(timings, indent=2) + "\n")

    def _turn_to(self, role: str | None) -> None:
        now = time.monotonic()
        if self._role is not None:
            self._seconds[self._role] += now - self._since
        self._role, self._since = role, now
