"""Run a command and show its output line by line."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.orders.deploy.plugins.plugin_utils.printable import printable


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no types
    """The action; its module documents it.

    The command shares the process group of Ansible's worker, so it gets the signal of Ctrl-C.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"argv", "chdir"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the command, and fail with its standard error if its exit status is not zero."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.check_mode:
            return result | {"skipped": True, "msg": "the command is not run in check mode"}
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with (
            tempfile.TemporaryFile("w+", errors="replace") as errors,
            subprocess.Popen(  # noqa: S603  # the playbook chooses the command
                self._task.args["argv"],
                cwd=self._task.args.get("chdir"),
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
            ) as process,
        ):
            for line in process.stdout or ():
                Display().display(f"  {printable(line.rstrip())}")
            status = process.wait()
            errors.seek(0)
            stderr = errors.read().strip()
        result |= {"changed": False, "rc": status}
        if status:
            result |= {"failed": True, "msg": stderr or f"{self._task.args['argv'][0]} ended with exit status {status}"}
        return result
