"""Check networks in CIDR notation."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: cidr_errors
short_description: Check networks in CIDR notation
description:
  - Returns a message for each mistake, while C(ansible.utils.ipaddr) only drops what is not a network.
positional: largest, smallest
options:
  _input:
    description: The networks, in CIDR notation.
    type: list
    elements: str
    required: true
  largest:
    description: The prefix length of the largest allowed network.
    type: int
    default: 0
  smallest:
    description: The prefix length of the smallest allowed network.
    type: int
    default: 32
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check the addresses of a VPC
  ansible.builtin.assert:
    that: mistakes | length == 0
    fail_msg: "{{ mistakes | join('; ') }}"
  vars:
    mistakes: "{{ ['10.0.0.0/16'] | orders.deploy.cidr_errors(16, 22) }}"
"""

RETURN = r"""
_value:
  description: The messages; empty if all networks are valid.
  type: list
  elements: str
"""

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def cidr_errors(networks: Iterable[object], largest: int = 0, smallest: int = 32) -> list[str]:
    """Return a message for each network that is not in CIDR notation, or is larger or smaller than allowed."""
    errors = []
    for network in map(str, networks):
        try:
            exact = IPv4Network(network, strict=False)
        except ValueError:
            errors.append(f"'{network}' is not an IPv4 network such as 203.0.113.0/24")
            continue
        if str(exact) != network:
            errors.append(f"'{network}' is not the beginning of a network; did you mean {exact}?")
        elif not largest <= exact.prefixlen <= smallest:
            errors.append(f"'{network}' must have a size from /{largest} to /{smallest}")
    return errors


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"cidr_errors": cidr_errors}
