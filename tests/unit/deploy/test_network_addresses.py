from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

KINDS = ["public", "private"]


def test_each_zone_has_a_subnet_of_each_kind(source: ModuleType) -> None:
    assert source.network_subnets("10.0.0.0/16", ["a", "b"], KINDS) == [
        {"kind": "public", "zone": "a", "cidr": "10.0.1.0/24"},
        {"kind": "public", "zone": "b", "cidr": "10.0.2.0/24"},
        {"kind": "private", "zone": "a", "cidr": "10.0.11.0/24"},
        {"kind": "private", "zone": "b", "cidr": "10.0.12.0/24"},
    ]


def test_one_more_zone_leaves_the_other_subnets_where_they_are(source: ModuleType) -> None:
    before = source.network_subnets("10.0.0.0/16", ["a", "b"], KINDS)
    after = source.network_subnets("10.0.0.0/16", ["a", "b", "c"], KINDS)

    assert [subnet for subnet in after if subnet["zone"] != "c"] == before


@pytest.mark.parametrize("network", ["10.0.0.0/16", "10.0.32.0/19", "10.0.0.0/20", "192.168.4.0/22"])
def test_the_subnets_of_six_zones_lie_side_by_side_in_the_network(source: ModuleType, network: str) -> None:
    subnets = [IPv4Network(subnet["cidr"]) for subnet in source.network_subnets(network, list("abcdef"), KINDS)]

    assert len(set(subnets)) == 12
    assert all(subnet.subnet_of(IPv4Network(network)) for subnet in subnets)


def test_no_subnet_is_too_small_for_a_load_balancer(source: ModuleType) -> None:
    (subnet,) = source.network_subnets("10.0.0.0/22", ["a"], ["public"])

    assert IPv4Network(subnet["cidr"]).prefixlen == 27


def test_networks_in_order_give_no_complaint(source: ModuleType) -> None:
    assert source.network_mistakes(["0.0.0.0/0", "203.0.113.7/32"]) == []


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        ("everyone", "'everyone' is not an IPv4 network"),
        ("2001:db8::/32", "'2001:db8::/32' is not an IPv4 network"),
        ("203.0.113.7", "did you mean 203.0.113.7/32?"),
        ("10.0.1.0/16", "did you mean 10.0.0.0/16?"),
        ("10.0.0.0/8", "has to have a size from /16 to /22"),
        ("10.0.0.0/24", "has to have a size from /16 to /22"),
    ],
)
def test_what_is_no_network_of_the_right_size_is_named(source: ModuleType, network: str, complaint: str) -> None:
    (mistake,) = source.network_mistakes([network], 16, 22)

    assert complaint in mistake


def test_ansible_finds_the_filters(source: ModuleType) -> None:
    assert source.FilterModule().filters() == {
        "network_mistakes": source.network_mistakes,
        "network_subnets": source.network_subnets,
    }
