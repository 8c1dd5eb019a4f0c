from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

KINDS = ["public", "private"]


def test_each_zone_has_a_subnet_of_each_kind(source: ModuleType) -> None:
    assert source.cidr_subnets("10.0.0.0/16", ["a", "b"], KINDS) == [
        {"kind": "public", "zone": "a", "cidr": "10.0.1.0/24"},
        {"kind": "public", "zone": "b", "cidr": "10.0.2.0/24"},
        {"kind": "private", "zone": "a", "cidr": "10.0.11.0/24"},
        {"kind": "private", "zone": "b", "cidr": "10.0.12.0/24"},
    ]


def test_one_more_zone_leaves_the_other_subnets_where_they_are(source: ModuleType) -> None:
    before = source.cidr_subnets("10.0.0.0/16", ["a", "b"], KINDS)
    after = source.cidr_subnets("10.0.0.0/16", ["a", "b", "c"], KINDS)

    assert [subnet for subnet in after if subnet["zone"] != "c"] == before


@pytest.mark.parametrize("network", ["10.0.0.0/16", "10.0.32.0/19", "10.0.0.0/20", "192.168.4.0/22"])
def test_the_subnets_of_six_zones_do_not_overlap(source: ModuleType, network: str) -> None:
    subnets = [IPv4Network(subnet["cidr"]) for subnet in source.cidr_subnets(network, list("abcdef"), KINDS)]

    assert len(set(subnets)) == 12
    assert all(subnet.subnet_of(IPv4Network(network)) for subnet in subnets)


def test_no_subnet_is_too_small_for_a_load_balancer(source: ModuleType) -> None:
    (subnet,) = source.cidr_subnets("10.0.0.0/22", ["a"], ["public"])

    assert IPv4Network(subnet["cidr"]).prefixlen == 27


def test_ansible_finds_the_filter(source: ModuleType) -> None:
    assert source.FilterModule().filters() == {"cidr_subnets": source.cidr_subnets}
