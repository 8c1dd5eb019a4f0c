#!/usr/bin/python
"""Document the action plugin print_text."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: print_text
short_description: Print a text as it is
description:
  - M(ansible.builtin.debug) would quote the text and wrap its lines.
options:
  text:
    description: The text.
    type: str
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the report
  orders.deploy.print_text:
    text: "{{ lookup('ansible.builtin.template', 'report.txt.j2') }}"
"""

RETURN = "{}"
