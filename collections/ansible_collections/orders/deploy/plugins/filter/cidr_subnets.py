"""Divide a network into subnets."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: cidr_subnets
short_description: Divide a network into subnets
description:
  - Returns a subnet of each kind in each zone. A subnet is a /24 network, or a thirty-second of a network that is
    smaller than /19.
  - The position of a zone determines its subnets, so adding or removing a zone at the end does not move other subnets.
    C(ansible.utils.ipsubnet) returns one subnet by its position.
positional: zones, kinds
options:
  _input:
    description: The network, in CIDR notation.
    type: str
    required: true
  zones:
    description: The availability zones, at most ten.
    type: list
    elements: str
    required: true
  kinds:
    description: The kinds of subnets.
    type: list
    elements: str
    choices: [public, private]
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the subnets of a network
  ansible.builtin.debug:
    msg: "{{ '10.0.0.0/16' | orders.deploy.cidr_subnets(['us-west-2a', 'us-west-2b'], ['public', 'private']) }}"
"""

RETURN = r"""
_value:
  description: The subnets, each with C(kind), C(zone) and C(cidr).
  type: list
  elements: dict
"""

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# The index of the first subnet of each kind: 10.0.1.0/24 and 10.0.11.0/24 in 10.0.0.0/16.
FIRST = {"public": 1, "private": 11}


def cidr_subnets(network: str, zones: Sequence[str], kinds: Iterable[str]) -> list[dict[str, str]]:
    """Return a subnet of each kind, ``public`` or ``private``, in each zone, as ``kind``, ``zone`` and ``cidr``."""
    addresses = IPv4Network(network)
    subnets = list(addresses.subnets(new_prefix=max(24, addresses.prefixlen + 5)))
    return [
        {"kind": kind, "zone": zone, "cidr": str(subnets[FIRST[kind] + position])}
        for kind in kinds
        for position, zone in enumerate(zones)
    ]


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"cidr_subnets": cidr_subnets}
