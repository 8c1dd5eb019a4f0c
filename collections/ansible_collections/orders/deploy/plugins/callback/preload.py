"""Read once what each task of a playbook needs."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: preload
type: notification
short_description: Read once what each task of a playbook needs
description:
  - Lets modules run in forks of Ansible's process.
  - Loads Ansible's own filters and tests at the start. Each task runs in a fork of Ansible's process, which otherwise
    loads them again.
  - Keeps the bytecode of collections from then on.
  - Imports a module of a collection before its first task, with all that it imports, so that its forks have all that.
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
# ansible.cfg
# callbacks_enabled = orders.deploy.preload
"""

from typing import TYPE_CHECKING

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader, filter_loader, module_loader, test_loader

from ansible_collections.orders.deploy.plugins.plugin_utils import collection_bytecode, forked_actions, forked_modules

if TYPE_CHECKING:
    from ansible.playbook import Playbook
    from ansible.playbook.task import Task


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Loads before the first task that needs it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "preload"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: Playbook) -> None:  # noqa: ARG002  # Ansible passes it
        """Prepare imports and forks, and load Ansible's own filters and tests: one name loads all."""
        collection_bytecode.keep()
        forked_actions.fork_modules()
        filter_loader.get("ansible.builtin.combine")
        test_loader.get("ansible.builtin.failed")

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:  # noqa: ARG002, FBT001  # Ansible passes it
        """Import the module of the task, if it is one of a collection."""
        action = task.resolved_action  # none if a template names it
        # Ansible's own modules need no SDK, and an action of a collection runs in this process, without a module.
        if not action or action.startswith("ansible.") or action_loader.has_plugin(action):
            return
        found = module_loader.find_plugin_with_context(action, ".py")
        if found.resolved and (module := forked_modules.importable(action, found.plugin_resolved_path)):
            forked_modules.preload(module, found.plugin_resolved_path)
