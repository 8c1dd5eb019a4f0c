"""Replace the action by which Ansible runs every module that has none of its own. ansible.cfg names this folder."""

from __future__ import annotations

import sys
from typing import Any

from ansible.plugins.loader import action_loader

from ansible_collections.orders.deploy.plugins.plugin_utils import forked_modules

Normal = action_loader.get("ansible.builtin.normal", class_only=True)

# How AWS services say that a session token has expired: the common errors of each, and RequestExpired of EC2.
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
RENEW = (
    "The AWS credentials expired while this ran. Renew them (docs/aws.md, Credentials) and run the same command again: "
    "it continues with what is there."
)


class ActionModule(Normal):  # type: ignore[misc, valid-type]  # Ansible has no types
    """Runs a module in a fork of this process where that is the same, and as Ansible does otherwise.

    A module that fails because the credentials have expired says what to do.
    """

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module of the task."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        error = result.get("error")
        if isinstance(error, dict) and error.get("code") in EXPIRED:
            result["msg"] = f"{result.get('msg', '')}\n{RENEW}"
        return result

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: dict[str, Any] | None = None,
        task_vars: dict[str, Any] | None = None,
        **more: Any,  # noqa: ANN401  # as of the base class
    ) -> dict[str, Any]:
        module = self._module_to_fork(task_vars or {})
        if module is None or module_name or module_args or any(more.values()):
            usual: dict[str, Any] = super()._execute_module(module_name, module_args, task_vars=task_vars, **more)
            return usual
        self._update_module_args(self._task.action, self._task.args, task_vars)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        returned = self._parse_returned_data(
            forked_modules.run(module, self._task.args, environment), forked_modules.PROFILE
        )
        returned.remove_internal_keys()
        result: dict[str, Any] = returned.as_result_dict(for_round_trip=True)
        return result

    def _module_to_fork(self, task_vars: dict[str, Any]) -> str | None:
        """Return the name by which Python imports the task's module, or None if it has to run in the usual way."""
        here = (
            self._connection.transport == "local"
            and self._connection.become is None
            and not self._task.delegate_to
            and not self._task.async_val
            and self._templar.template(task_vars.get("ansible_python_interpreter")) == sys.executable
        )
        if not here:
            return None
        found = self._shared_loader_obj.module_loader.find_plugin_with_context(self._task.action, ".py")
        return forked_modules.importable(found.resolved_fqcn, found.plugin_resolved_path) if found.resolved else None
