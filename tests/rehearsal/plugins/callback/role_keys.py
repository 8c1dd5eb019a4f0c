"""Sign the calls of AWS of each role with an access key of its name, so that a recording tells the roles apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from ansible.inventory.host import Host
    from ansible.playbook.task import Task

DOCUMENTATION = r"""
name: role_keys
type: notification
short_description: Sign the calls of AWS of each role with an access key of the role's name
description: For a stand-in that accepts any access key.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Adds to the environment of each task of a role."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "role_keys"

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        """Set the access key: the process that runs the task is forked after this."""
        del host
        if task._role:  # noqa: SLF001  # tasks have no other way to say it
            key = {"AWS_ACCESS_KEY_ID": task._role.get_name(include_role_fqcn=False)}  # noqa: SLF001
            task.environment = [key, *(each for each in task.environment if each != key)]
