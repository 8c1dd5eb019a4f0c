"""Import once what the modules of a playbook need."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: preload
type: notification
short_description: Read once what the modules of a playbook import
description:
  - Imports the SDKs and what the collections share, before the first task. Modules that run in a fork of Ansible's
    process, as ansible.cfg arranges it, then start with all of it.
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
# ansible.cfg
# callbacks_enabled = orders.deploy.preload
"""

from ansible.plugins.callback import CallbackBase

from ansible_collections.orders.deploy.plugins.plugin_utils import forked_modules


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Imports at the start of a playbook."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "preload"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: object) -> None:  # noqa: ARG002  # Ansible passes it
        """Import all."""
        forked_modules.preload()
