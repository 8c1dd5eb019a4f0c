"""The action that waits for a background task and shows its progress, of which Ansible says nothing before its end."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

from ansible.plugins.action.async_status import ActionModule as AsyncStatus
from ansible.utils.display import Display


class ActionModule(AsyncStatus):  # type: ignore[misc]  # Ansible has no types
    """Ask for a background task until it has ended, and show what stands in its progress files.

    Arguments: ``jid`` (the task's ansible_job_id), ``files`` (paths on the task's host) and ``here`` (paths on the
    computer that runs the playbook) of files with one line each, ``seconds`` (between two looks). Returns what
    async_status returns at the end.
    """

    _VALID_ARGS = frozenset({"jid", "files", "here", "seconds"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Follow the task to its end."""
        arguments = dict(self._task.args)
        self._task.args = {"jid": arguments["jid"]}
        shown = None
        while True:
            result: dict[str, Any] = super().run(tmp, task_vars)
            lines = [self._fetch(file, task_vars) for file in arguments.get("files", [])]
            lines += [Path(file).read_text().strip() for file in arguments.get("here", []) if Path(file).exists()]
            line = " · ".join(filter(None, lines))
            if line and line != shown:
                Display().display(f"  {line}")
                shown = line
            if result["finished"] or result.get("failed"):
                return result | {"changed": False}
            time.sleep(float(arguments["seconds"]))

    def _fetch(self, file: str, task_vars: dict[str, Any] | None) -> str:
        """Return the line in a file on the task's host, empty as long as there is none."""
        answer = self._execute_module("ansible.legacy.slurp", {"src": file}, task_vars=task_vars)
        return base64.b64decode(answer.get("content", "")).decode().strip()
