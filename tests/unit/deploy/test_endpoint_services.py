from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def service(name: str, *zones: str, kind: str = "Interface") -> dict[str, Any]:
    return {"service_name": name, "service_type": [{"service_type": kind}], "availability_zones": list(zones)}


# As AWS lists them in Beijing: https://gist.github.com/readybuilderone/d355f9f8f0f2b66379a10742b3c67cc7
BEIJING = [
    service("cn.com.amazonaws.cn-north-1.ecr.api", "cn-north-1a", "cn-north-1b"),
    service("cn.com.amazonaws.cn-north-1.s3", "cn-north-1a"),
    service("com.amazonaws.cn-north-1.logs", "cn-north-1b", "cn-north-1d"),
    service("com.amazonaws.cn-north-1.s3", "cn-north-1a", "cn-north-1b", kind="Gateway"),
]


def test_names_are_those_that_aws_lists(source: ModuleType) -> None:
    found = source.endpoint_services(BEIJING, "cn-north-1", ["ecr.api", "logs"], ["s3"])

    assert found["interface"] == {
        "ecr.api": "cn.com.amazonaws.cn-north-1.ecr.api",
        "logs": "com.amazonaws.cn-north-1.logs",
    }
    assert found["gateway"] == {"s3": "com.amazonaws.cn-north-1.s3"}


def test_zones_have_all_interface_endpoints(source: ModuleType) -> None:
    assert source.endpoint_services(BEIJING, "cn-north-1", ["ecr.api", "logs"], ["s3"])["zones"] == ["cn-north-1b"]


def test_a_service_that_is_not_listed_is_left_out(source: ModuleType) -> None:
    assert source.endpoint_services(BEIJING, "cn-north-1", ["sns"], []) == {"interface": {}, "gateway": {}, "zones": []}
