"""Estimate the monthly cost of the order system."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: monthly_cost
short_description: Estimate the monthly cost of the order system
description:
  - Multiplies what the system consists of by list prices. Charges by use are not included.
positional: prices
options:
  _input:
    description:
      - The system.
      - C(services) (each with C(cpu), C(memory) and C(desired_count)), C(cpu_architecture), C(spot_percent), C(egress)
        (V(nat), V(endpoints) or V(public)), C(zones), C(vpc_id) (of an existing VPC, else empty),
        C(interface_endpoints) (in each zone, if the egress is V(endpoints)), C(alarm_metrics) and C(insights_metrics).
    type: dict
    required: true
  prices:
    description: The prices, as in C(roles/plan/vars/main/prices.yml).
    type: dict
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the monthly cost
  ansible.builtin.debug:
    msg: "{{ (system | orders.deploy.monthly_cost(prices)).total }} $"
"""

RETURN = r"""
_value:
  description: The estimate.
  type: dict
  contains:
    rows:
      description:
        - The rows of the estimate. Each has C(what), C(number), C(price) (of one, in $), C(per) (V(hour) or V(month)),
          C(source) (of the price) and C(monthly) (of all, in $). Rows with the number 0 are left out.
      type: list
      elements: dict
    total:
      description: The sum of the rows, in $ a month.
      type: float
    vcpus:
      description: The number of vCPUs on demand, which an AWS quota limits.
      type: float
"""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HOURS = 730  # of a month on AWS's bill: 365 days * 24 hours / 12


class Row(NamedTuple):
    """A row of the estimate: what it is, the number, the price of one in $, and the source of the price."""

    what: str
    number: float
    price: float
    source: str
    per: str = "hour"

    def monthly(self) -> float:
        """Return the cost of all, in $ a month."""
        return self.number * self.price * (HOURS if self.per == "hour" else 1)


def tasks(system: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[Row]:
    """Yield a row for each service, with the average price of its tasks on demand and on Spot."""
    price = prices["fargate"][system["cpu_architecture"]]
    on_spot = int(system["spot_percent"]) / 100
    share = 1 - on_spot * (1 - prices["fargate_spot_share"])
    for name, service in system["services"].items():
        vcpus, gigabytes = int(service["cpu"]) / 1024, int(service["memory"]) / 1024
        where = f", {on_spot:.0%} on Spot" if on_spot else ""
        yield Row(
            f"Fargate tasks of {name}: {vcpus:g} vCPU, {gigabytes:g} GB{where}",
            int(service["desired_count"]),
            (vcpus * price["vcpu"] + gigabytes * price["gigabyte"]) * share,
            price["source"],
        )


def egress(system: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of the network's egress. An existing VPC has its own, except for public addresses of tasks."""
    if system["egress"] == "public":
        count = sum(int(service["desired_count"]) for service in system["services"].values())
        yield Row("Public IPv4 addresses of the tasks", count, **prices["public_ipv4"])
    elif system["vpc_id"]:
        return
    elif system["egress"] == "nat":
        yield Row("NAT gateway", 1, **prices["nat_gateway"])
        yield Row("Public IPv4 address of the NAT gateway", 1, **prices["public_ipv4"])
    else:
        count = int(system["interface_endpoints"]) * int(system["zones"])
        yield Row(f"Interface endpoints in {system['zones']} zones", count, **prices["interface_endpoint"])


def monthly_cost(system: Mapping[str, Any], prices: Mapping[str, Any]) -> dict[str, Any]:
    """Estimate the monthly cost of a system, without charges by use; DOCUMENTATION describes the dictionaries."""
    rows = [
        *tasks(system, prices),
        Row("Application load balancer", 1, **prices["load_balancer"]),
        Row("Public IPv4 addresses of the load balancer", int(system["zones"]), **prices["public_ipv4"]),
        *egress(system, prices),
        Row("Metrics that alarms look at", int(system["alarm_metrics"]), **prices["alarm_metric"]),
        Row("Metrics of Container Insights", int(system["insights_metrics"]), **prices["custom_metric"]),
    ]
    counted = [row._asdict() | {"monthly": row.monthly()} for row in rows if row.number]
    units = sum(int(service["cpu"]) * int(service["desired_count"]) for service in system["services"].values())
    return {
        "rows": counted,
        "total": sum(row["monthly"] for row in counted),
        "hours_per_month": HOURS,
        "vcpus": units / 1024 * (1 - int(system["spot_percent"]) / 100),
    }


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"monthly_cost": monthly_cost}
