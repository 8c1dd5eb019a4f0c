"""The action that runs a program on this computer and shows what it prints, line by line, as it prints it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no types
    """Run ``argv`` in ``chdir`` with the environment of the task, and fail with what it says on stderr when it fails.

    In check mode nothing is run.

    The program shares the process group of Ansible's worker. So whatever breaks off the playbook, such as Ctrl-C, is
    a signal to the program too, which a background task would not get.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"argv", "chdir"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the program to its end."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.check_mode:
            return result | {"skipped": True, "msg": "nothing is run in check mode"}
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(  # noqa: S603  # what the playbook asks for
                self._task.args["argv"],
                cwd=self._task.args.get("chdir"),
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as program,
        ):
            for line in program.stdout or ():
                Display().display(f"  {line.rstrip()}")
            status = program.wait()
            errors.seek(0)
            stderr = errors.read().strip()
        result |= {"changed": False, "rc": status}
        if status:
            result |= {"failed": True, "msg": stderr or f"{self._task.args['argv'][0]} ended with exit status {status}"}
        return result
