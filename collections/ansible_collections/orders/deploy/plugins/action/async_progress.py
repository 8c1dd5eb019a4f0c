"""Wait for a background task and show its progress."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

from ansible.plugins.action.async_status import ActionModule as AsyncStatus
from ansible.utils.display import Display

from ansible_collections.orders.deploy.plugins.plugin_utils.printable import printable


class ActionModule(AsyncStatus):  # type: ignore[misc]  # Ansible has no types
    """The action; its module documents it."""

    _VALID_ARGS = frozenset({"jid", "remote_files", "local_files", "interval"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Check the task until it has finished, and return its result."""
        arguments = dict(self._task.args)
        self._task.args = {"jid": arguments["jid"]}
        shown = None
        while True:
            result: dict[str, Any] = super().run(tmp, task_vars)
            lines = [self._fetch(file, task_vars) for file in arguments.get("remote_files", [])]
            local_files = [Path(file) for file in arguments.get("local_files", [])]
            lines += [file.read_text().strip() for file in local_files if file.exists()]
            line = " · ".join(filter(None, lines))
            if line and line != shown:
                Display().display(f"  {printable(line)}")
                shown = line
            if result["finished"] or result.get("failed"):
                return result | {"changed": False}
            time.sleep(float(arguments["interval"]))

    def _fetch(self, file: str, task_vars: dict[str, Any] | None) -> str:
        """Return the line in a file on the host of the task; empty if the file is missing."""
        answer = self._execute_module("ansible.legacy.slurp", {"src": file}, task_vars=task_vars)
        return base64.b64decode(answer.get("content", "")).decode(errors="replace").strip()
