"""The filters that divide the addresses of a network, and that find those that are none."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

FIRST = {"public": 1, "private": 11}
"""Which piece of the network the first subnet of each kind is: 10.0.1.0/24 and 10.0.11.0/24 of 10.0.0.0/16."""


def network_subnets(network: str, zones: Sequence[str], kinds: Iterable[str]) -> list[dict[str, str]]:
    """Give each zone a subnet of each kind, ``public`` or ``private``, as ``kind``, ``zone`` and ``cidr``.

    A subnet is a /24, or a thirty-second of a network that is smaller than a /19. Which one it is depends on the
    place of its zone alone, so more or fewer zones leave the other subnets where they are.
    """
    addresses = IPv4Network(network)
    pieces = list(addresses.subnets(new_prefix=max(24, addresses.prefixlen + 5)))
    return [
        {"kind": kind, "zone": zone, "cidr": str(pieces[FIRST[kind] + place])}
        for kind in kinds
        for place, zone in enumerate(zones)
    ]


def network_mistakes(networks: Iterable[object], largest: int = 0, smallest: int = 32) -> list[str]:
    """Complain about each of ``networks`` that is not in CIDR notation, or is larger or smaller than allowed."""
    complaints = []
    for network in map(str, networks):
        try:
            exact = IPv4Network(network, strict=False)
        except ValueError:
            complaints.append(f"'{network}' is not an IPv4 network such as 203.0.113.0/24")
            continue
        if str(exact) != network:
            complaints.append(f"'{network}' is not the beginning of a network; did you mean {exact}?")
        elif not largest <= exact.prefixlen <= smallest:
            complaints.append(f"'{network}' has to have a size from /{largest} to /{smallest}")
    return complaints


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., list[Any]]]:
        """Name the filters of this file."""
        return {"network_mistakes": network_mistakes, "network_subnets": network_subnets}
