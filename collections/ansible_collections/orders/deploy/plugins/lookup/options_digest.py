"""Calculate a digest of the variables that the roles know."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: options_digest
short_description: Calculate a digest of the variables that the roles know
description:
  - Returns one digest that changes with the variables of the host which are options of a role, wherever they are set.
    Templates count as they are written, so that they may refer to what roles find out later.
options:
  _terms:
    description: The directories of roles.
    type: list
    elements: path
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the digest
  ansible.builtin.debug:
    msg: "{{ lookup('orders.deploy.options_digest', role_path | dirname) }}"
"""

RETURN = r"""
_raw:
  description: A list with the digest of each directory, which has 64 hexadecimal digits.
  type: list
  elements: str
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.plugins.lookup import LookupBase

from ansible_collections.orders.deploy.plugins.plugin_utils.options import read_options

if TYPE_CHECKING:
    from collections.abc import Mapping


def options_digest(roles: Path, variables: Mapping[str, Any]) -> str:
    """Return 64 hexadecimal digits that change with the variables that are options of the roles."""
    options, _ = read_options(roles)
    known = {name: variables[name] for name in options if name in variables}
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible has no types
    """The lookup plugin."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **_: object) -> list[str]:
        """Return a list with the digest of each directory."""
        return [options_digest(Path(roles), variables or {}) for roles in terms]
