"""The callback that keeps which tasks each run of a scenario has changed, for the scenario to judge."""

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
short_description: Keep which tasks each run of a scenario has changed
description:
  - Adds each run to the JSON file that the environment variable CHANGES_FILE names, as playbook (its file), check
    (whether in check mode) and plays. A play has its name, and the names of the tasks that changed something, or
    would have.
  - The file is written anew when a play begins, so that a play can read what the ones before it have changed.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Collects the changes of one run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "changes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Read what the earlier runs have changed."""
        super().__init__()
        self._file = Path(os.environ["CHANGES_FILE"])
        self._earlier = json.loads(self._file.read_text()) if self._file.exists() else []
        self._plays: list[dict[str, Any]] = []
        self._run: dict[str, Any] = {"check": context.CLIARGS["check"], "plays": self._plays}

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        """Note which playbook it is."""
        self._run["playbook"] = playbook._file_name  # noqa: SLF001  # there is no public name for it

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Begin a play, and write down those before it."""
        self._plays.append({"name": play.get_name(), "changed": []})
        self._write()

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        """Note a task that changed something, in a loop once for all items."""
        task, changed = result.task_name, self._plays[-1]["changed"]
        if result.is_changed() and task not in changed:
            changed.append(task)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:  # noqa: ARG002  # Ansible gives it
        """Write down the last play."""
        self._write()

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps([*self._earlier, self._run], indent=2) + "\n")
