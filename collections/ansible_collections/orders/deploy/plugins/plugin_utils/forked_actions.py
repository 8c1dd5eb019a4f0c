"""Let each action of Ansible run its modules in forks of Ansible's process, where the results are the same."""

from __future__ import annotations

import functools
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader

from ansible_collections.orders.deploy.plugins.plugin_utils import forked_modules


@functools.cache  # a program can run several playbooks
def fork_modules() -> None:
    """Replace the method by which all actions run modules, be it their own module or, as ``copy`` does, several."""
    usual = ActionBase._execute_module  # noqa: SLF001  # Ansible has no option for this

    @functools.wraps(usual)
    def execute_module(
        self: ActionBase,
        module_name: str | None = None,
        module_args: dict[str, Any] | None = None,
        tmp: str | None = None,
        task_vars: dict[str, Any] | None = None,
        **more: bool,
    ) -> dict[str, Any]:
        name = self._task.action if module_name is None else module_name
        module = _module_to_fork(self, name, task_vars or {})
        background = more.get("wrap_async", False)
        # In the background, an action that names its module, such as `command`, may run for hours. A fork would keep
        # the memory of this process for as long.
        if module is None or (background and module_name is not None):
            usual_result: dict[str, Any] = usual(self, module_name, module_args, tmp, task_vars, **more)
            return usual_result
        arguments = self._task.args if module_args is None else module_args
        ignore_unknown = more.get("ignore_unknown_opts", False)
        self._update_module_args(name, arguments, task_vars, ignore_unknown_opts=ignore_unknown)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        # Ansible, too, starts a module on this computer in the playbook's directory.
        call = forked_modules.Call(module, arguments, environment, self._loader.get_basedir())
        if background:
            folder = Path(self.get_shell_option("async_dir", default="~/.ansible_async")).expanduser()
            job = folder / f"j{secrets.randbelow(10**12)}.{os.getpid()}"
            call.start(job, self._task.async_val)
            return {
                "ansible_job_id": job.name,
                "started": True,
                "finished": False,
                "results_file": str(job),
                "changed": True,
            }
        returned = self._parse_returned_data(call.run(), forked_modules.PROFILE)
        returned.remove_internal_keys()
        result: dict[str, Any] = returned.as_result_dict(for_round_trip=True)
        return result

    ActionBase._execute_module = execute_module  # noqa: SLF001


def _module_to_fork(action: ActionBase, name: str, task_vars: dict[str, Any]) -> str | None:
    """Return the name by which Python imports a module, or None if it has to run in the usual way."""
    here = (
        action._connection.transport == "local"  # noqa: SLF001
        and action._connection.become is None  # noqa: SLF001
        and not action._task.delegate_to  # noqa: SLF001
        and action._templar.template(task_vars.get("ansible_python_interpreter")) == sys.executable  # noqa: SLF001
    )
    if not here:
        return None
    found = module_loader.find_plugin_with_context(name, ".py")
    return forked_modules.importable(found.resolved_fqcn, found.plugin_resolved_path) if found.resolved else None
