"""Print a text as it is."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.orders.deploy.plugins.plugin_utils.printable import printable


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no types
    """The action; its module documents it."""

    _requires_connection = False
    _VALID_ARGS = frozenset({"text"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Print the text."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        lines = str(self._task.args["text"]).rstrip().split("\n")
        Display().display("\n".join(map(printable, lines)) + "\n")
        return result | {"changed": False}
