"""List the environment variables of the shell by a pattern of their names."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: shell_variables
short_description: List the environment variables of the shell by a pattern of their names
description:
  - Returns the names of the environment variables that are set in the shell that runs the playbook, and are not empty,
    in alphabetical order. P(ansible.builtin.env#lookup) returns the value of a variable whose name is known.
options:
  _terms:
    description: Regular expressions, each of which matches whole names.
    type: list
    elements: str
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show which endpoints of AWS are set in the shell
  ansible.builtin.debug:
    msg: "{{ query('orders.deploy.shell_variables', 'AWS_ENDPOINT_URL(_.+)?') }}"
"""

RETURN = r"""
_raw:
  description: The names.
  type: list
  elements: str
"""

import os
import re
from typing import TYPE_CHECKING, Any

from ansible.plugins.lookup import LookupBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def shell_variables(patterns: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """Return the sorted names of the variables that are not empty and match one of the regular expressions."""
    return sorted(
        name
        for name, value in environment.items()
        if value and any(re.fullmatch(pattern, name) for pattern in patterns)
    )


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no types
    """The lookup plugin."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **_: object) -> list[str]:  # noqa: ARG002  # Ansible passes it
        """Return the names."""
        return shell_variables(terms, os.environ)
