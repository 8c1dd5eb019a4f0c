#!/usr/bin/python
"""Document the action plugin async_progress."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: async_progress
short_description: Wait for a background task and show its progress
description:
  - Waits until an asynchronous task has finished, like M(ansible.builtin.async_status), but meanwhile shows the lines
    in its progress files whenever they change.
options:
  jid:
    description: The C(ansible_job_id) of the task.
    type: str
    required: true
  remote_files:
    description: The progress files on the host of the task. Each has one line, and may be missing.
    type: list
    elements: str
    default: []
  local_files:
    description: The progress files on the computer that runs the playbook, of the same kind.
    type: list
    elements: str
    default: []
  interval:
    description: The time between two checks, in seconds.
    type: float
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Wait until the load has been sent
  orders.deploy.async_progress:
    jid: "{{ load.ansible_job_id }}"
    remote_files: [/tmp/progress.txt]
    interval: 5
"""

RETURN = r"""
rc:
  description: The exit status of a command. All other results of the task are returned as well.
  type: int
  returned: if the task runs a command
"""
