"""The filter that estimates what the order system costs a month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HOURS = 730  # AWS's own month: 365 days * 24 hours / 12


class Row(NamedTuple):
    """A line of the estimate: what it is, how many of it, what one costs an hour (or a month), and who says so."""

    what: str
    number: float
    price: float
    source: str
    per: str = "hour"

    def monthly(self) -> float:
        """Return what all of them cost a month."""
        return self.number * self.price * (HOURS if self.per == "hour" else 1)


def tasks(system: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[Row]:
    """Yield a row for each service. Those of its tasks that run on Spot make one cheaper on average."""
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


def ways_out(system: Mapping[str, Any], prices: Mapping[str, Any]) -> Iterator[Row]:
    """Yield what the tasks' way to AWS costs. A VPC that exists brings its own, except for the tasks' addresses."""
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
    """Estimate what a system costs a month, apart from what is paid by use.

    ``system``: ``services`` (each with ``cpu``, ``memory``, ``desired_count``), ``cpu_architecture``, ``spot_percent``,
    ``egress`` (nat, endpoints or public), ``zones``, ``vpc_id`` (of a VPC that exists, else empty),
    ``interface_endpoints`` (in each zone, with that egress) and ``alarm_metrics``. ``prices``: see the role plan.

    Returns ``rows`` (``what``, ``number``, ``price``, ``per``, ``source``, ``monthly``; none of nothing), their
    ``total``, and ``vcpus``: those that are paid for on demand, which is what AWS limits.
    """
    rows = [
        *tasks(system, prices),
        Row("Application load balancer", 1, **prices["load_balancer"]),
        Row("Public IPv4 addresses of the load balancer", int(system["zones"]), **prices["public_ipv4"]),
        *ways_out(system, prices),
        Row("Metrics that alarms look at", int(system["alarm_metrics"]), **prices["alarm_metric"]),
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
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Name the filters of this file."""
        return {"monthly_cost": monthly_cost}
