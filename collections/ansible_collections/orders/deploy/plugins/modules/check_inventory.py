#!/usr/bin/python
"""Document the action plugin check_inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: check_inventory
short_description: Check all variables of an inventory
description:
  - Checks the variables of a host against the argument specifications of the roles, and fails with a list of all
    mistakes. M(ansible.builtin.validate_argument_spec) checks one role, accepts unknown variables, and knows no ranges.
options:
  roles:
    description: The directory of the roles.
    type: path
    required: true
  ranges:
    description: The smallest and the largest allowed value, by the name of a variable.
    type: dict
    required: true
  names:
    description:
      - The shape of a resource name, by the name of the variable that holds it.
      - A shape has C(longest) (number of characters), C(pattern) (regular expression) and C(allowed) (the pattern in
        words).
    type: dict
    required: true
  entry_ranges:
    description:
      - The ranges of the fields of each entry, by the name of a variable that is a table of entries.
    type: dict
    required: true
  entry_names:
    description:
      - The shape of the entries' names, by the name of a variable that is a table of entries.
    type: dict
    required: true
  task_sizes:
    description:
      - The memory that AWS Fargate offers, in MiB, by the size of the CPU, in units of 1/1024 vCPU.
      - Tasks are the fields C(cpu) and C(memory) of an entry, and variables whose names end with these words.
    type: dict
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check the inventory
  orders.deploy.check_inventory:
    roles: "{{ role_path | dirname }}"
    ranges: {workers: [1, 1000]}
    names:
      project: {longest: 20, pattern: "[a-z][a-z0-9]*", allowed: lower-case letters and digits}
    entry_ranges:
      services: {port: [1024, 65535]}
    entry_names:
      services: {longest: 43, pattern: "[a-z-]+", allowed: lower-case letters and hyphens}
    task_sizes: {256: [512, 1024, 2048]}
"""

RETURN = "{}"
