"""Record which tasks of each run made a change, so that a scenario can check it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import context
from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import TaskResult
    from ansible.playbook import Playbook
    from ansible.playbook.play import Play

DOCUMENTATION = r"""
name: changes
type: notification
short_description: Record which tasks of each run made a change
description:
  - Adds each run to the JSON file in the environment variable CHANGES_FILE, as C(playbook) (its file), C(check)
    (whether in check mode) and C(plays). Each play has its C(name) and C(changed), the names of the tasks that made a
    change, or would have made one outside check mode.
  - Writes the file at the start of each play, so that a play can read the changes of earlier plays.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Collects the changes of a run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "changes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Read the changes of earlier runs."""
        super().__init__()
        self._file = Path(os.environ["CHANGES_FILE"])
        self._earlier = json.loads(self._file.read_text()) if self._file.exists() else []
        self._plays: list[dict[str, Any]] = []
        self._run: dict[str, Any] = {"check": context.CLIARGS["check"], "plays": self._plays}

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        """Record the file of the playbook."""
        self._run["playbook"] = playbook._file_name  # noqa: SLF001  # Ansible has no public name for it

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Start a play, and write the earlier ones."""
        self._plays.append({"name": play.get_name(), "changed": []})
        self._write()

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        """Record a task that made a change, once for all items of a loop."""
        task, changed = result.task_name, self._plays[-1]["changed"]
        if result.is_changed() and task not in changed:
            changed.append(task)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:  # noqa: ARG002  # Ansible passes it
        """Write the last play."""
        self._write()

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps([*self._earlier, self._run], indent=2) + "\n")
