from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-west-2", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
    ],
)
def test_a_region_has_the_suffix_of_its_partition(source: ModuleType, region: str, suffix: str) -> None:
    assert source.dns_suffix(region) == suffix


def test_an_unknown_region_is_named(source: ModuleType) -> None:
    with pytest.raises(source.AnsibleFilterError, match="AWS has no region 'Oregon'"):
        source.dns_suffix("Oregon")
