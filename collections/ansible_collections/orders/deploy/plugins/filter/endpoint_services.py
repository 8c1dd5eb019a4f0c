"""Look up the endpoint services of a region."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: endpoint_services
short_description: Look up the endpoint services of a region
description:
  - Returns the full names of AWS's endpoint services, and the zones in which an endpoint can have all of them.
  - The beginning of a full name does not follow from the region. In China, that of V(ecr.api) begins with
    C(cn.com.amazonaws), and that of V(logs) with C(com.amazonaws).
positional: region, interface, gateway
options:
  _input:
    description: The C(service_details) of M(amazon.aws.ec2_vpc_endpoint_service_info).
    type: list
    elements: dict
    required: true
  region:
    description: The region.
    type: str
    required: true
  interface:
    description: The short names of the services with an interface endpoint, such as V(ecr.api).
    type: list
    elements: str
    required: true
  gateway:
    description: The short names of the services with a gateway endpoint, such as V(s3).
    type: list
    elements: str
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Look up the endpoint services
  amazon.aws.ec2_vpc_endpoint_service_info:
  register: found

- name: Show the zones with endpoints of both
  ansible.builtin.debug:
    msg: "{{ (found.service_details | orders.deploy.endpoint_services('us-west-2', ['sns', 'sqs'], [])).zones }}"
"""

RETURN = r"""
_value:
  description:
    - C(interface) and C(gateway), the full names by the short names, without those that the region does not have.
    - C(zones), the names of the zones that have all interface endpoints.
  type: dict
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


def endpoint_services(
    details: Sequence[Mapping[str, Any]], region: str, interface: Iterable[str], gateway: Iterable[str]
) -> dict[str, Any]:
    """Return the full names of endpoint services and their common zones, as ``interface``, ``gateway`` and ``zones``.

    ``details`` have ``service_name``, ``service_type`` and ``availability_zones``, as EC2 returns them.
    """

    def find(names: Iterable[str], kind: str) -> dict[str, Mapping[str, Any]]:
        """Return the details of the services that have an endpoint of this kind, by short name."""
        return {
            name: detail
            for name in names
            for detail in details
            if detail["service_name"].endswith(f".{region}.{name}")
            and kind in [each["service_type"] for each in detail["service_type"]]
        }

    interfaces = find(interface, "Interface")
    zones = [set(detail["availability_zones"]) for detail in interfaces.values()]
    return {
        "interface": {name: detail["service_name"] for name, detail in interfaces.items()},
        "gateway": {name: detail["service_name"] for name, detail in find(gateway, "Gateway").items()},
        "zones": sorted(set.intersection(*zones)) if zones else [],
    }


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"endpoint_services": endpoint_services}
