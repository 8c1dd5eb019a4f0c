from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType


def test_valid_networks_have_no_errors(source: ModuleType) -> None:
    assert source.cidr_errors(["0.0.0.0/0", "203.0.113.7/32"]) == []


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("everyone", "'everyone' is not an IPv4 network"),
        ("2001:db8::/32", "'2001:db8::/32' is not an IPv4 network"),
        ("203.0.113.7", "did you mean 203.0.113.7/32?"),
        ("10.0.1.0/16", "did you mean 10.0.0.0/16?"),
        ("10.0.0.0/8", "must have a size from /16 to /22"),
        ("10.0.0.0/24", "must have a size from /16 to /22"),
    ],
)
def test_an_error_names_the_network(source: ModuleType, network: str, message: str) -> None:
    (error,) = source.cidr_errors([network], 16, 22)

    assert message in error


def test_ansible_finds_the_filter(source: ModuleType) -> None:
    assert source.FilterModule().filters() == {"cidr_errors": source.cidr_errors}
