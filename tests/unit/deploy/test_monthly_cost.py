from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]
PRICES = yaml.safe_load((ROOT / "roles/plan/vars/main/prices.yml").read_text())["__plan_prices"]
SERVICE = {"cpu": 256, "memory": 512, "desired_count": 1}
REFERENCE = {
    "services": {"api": SERVICE, "processor": SERVICE},
    "cpu_architecture": "X86_64",
    "spot_percent": 0,
    "egress": "nat",
    "zones": 2,
    "vpc_id": "",
    "interface_endpoints": 5,
    "alarm_metrics": 0,
    "insights_metrics": 0,
}


@pytest.mark.parametrize(
    ("changed", "total"),
    [
        pytest.param({}, 78.25, id="one NAT gateway"),
        pytest.param({"egress": "public"}, 49.05, id="public subnets"),
        pytest.param({"egress": "endpoints"}, 114.75, id="five endpoints in two zones"),
        pytest.param({"vpc_id": "vpc-1"}, 41.75, id="a VPC with its own way out"),
        pytest.param({"vpc_id": "vpc-1", "egress": "public"}, 49.05, id="public subnets of a VPC that exists"),
        pytest.param({"cpu_architecture": "ARM64"}, 74.64, id="ARM"),
        pytest.param({"spot_percent": "100"}, 65.63, id="all on Spot"),
        pytest.param({"spot_percent": 50}, 71.94, id="half on Spot"),
        pytest.param({"zones": 3}, 81.90, id="three zones"),
        pytest.param({"alarm_metrics": 12}, 79.45, id="alarms"),
        pytest.param({"alarm_metrics": 18}, 80.05, id="alarms of monitoring and autoscaling"),
        pytest.param({"insights_metrics": 63}, 97.15, id="Container Insights"),
        pytest.param({"alarm_metrics": 18, "insights_metrics": 63}, 98.95, id="all of inventories/aws"),
        pytest.param({"services": {"api": SERVICE | {"desired_count": "3"}}}, 87.26, id="three tasks"),
        pytest.param({"services": {}}, 60.23, id="no tasks"),
    ],
)
def test_the_sum_follows_the_inventory(source: ModuleType, changed: dict[str, Any], total: float) -> None:
    assert source.monthly_cost(REFERENCE | changed, PRICES)["total"] == pytest.approx(total, abs=0.005)


def test_each_row_has_its_count_and_price(source: ModuleType) -> None:
    rows = source.monthly_cost(REFERENCE | {"spot_percent": 50}, PRICES)["rows"]

    assert [(row["what"], row["number"]) for row in rows] == [
        ("Fargate tasks of api: 0.25 vCPU, 0.5 GB, 50% on Spot", 1),
        ("Fargate tasks of processor: 0.25 vCPU, 0.5 GB, 50% on Spot", 1),
        ("Application load balancer", 1),
        ("Public IPv4 addresses of the load balancer", 2),
        ("NAT gateway", 1),
        ("Public IPv4 address of the NAT gateway", 1),
    ]
    assert [row["monthly"] for row in rows] == pytest.approx([row["number"] * row["price"] * 730 for row in rows])


def test_only_vcpus_on_demand_count_for_the_quota(source: ModuleType) -> None:
    system = REFERENCE | {"services": {"api": {"cpu": 1024, "memory": 2048, "desired_count": 8}}, "spot_percent": 25}

    assert source.monthly_cost(system, PRICES)["vcpus"] == 6


def test_ansible_finds_the_filter(source: ModuleType) -> None:
    assert source.FilterModule().filters() == {"monthly_cost": source.monthly_cost}
