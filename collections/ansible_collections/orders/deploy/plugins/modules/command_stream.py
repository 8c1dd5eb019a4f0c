#!/usr/bin/python
"""Document the action plugin command_stream."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: command_stream
short_description: Run a command and show its output line by line
description:
  - Runs a command on the computer that runs the playbook, with the environment of the task, and shows each line of its
    standard output at once. M(ansible.builtin.command) shows output at the end.
  - Interrupting the playbook, for instance with Ctrl-C, interrupts the command, unlike a background task.
  - In check mode, the command is not run.
options:
  argv:
    description: The command and its arguments.
    type: list
    elements: str
    required: true
  chdir:
    description: The directory to run the command in.
    type: path
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Deploy another inventory
  orders.deploy.command_stream:
    argv: [ansible-playbook, --inventory, inventories/localstack, site.yml]
    chdir: "{{ playbook_dir | dirname }}"
"""

RETURN = r"""
rc:
  description: The exit status of the command.
  type: int
  returned: always, except in check mode
"""
