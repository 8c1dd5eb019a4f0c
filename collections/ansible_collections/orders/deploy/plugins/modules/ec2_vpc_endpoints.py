#!/usr/bin/python
"""The module that lets a VPC reach AWS services without a way into the internet."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ec2_vpc_endpoints
short_description: Have the endpoints of a VPC
description:
  - Makes the endpoints that are missing, moves those that are there to the right subnets or route tables, and waits
    until all of them can be used.
  - C(amazon.aws.ec2_vpc_endpoint) takes an endpoint that is being deleted for one that exists, waits for none, cannot
    change their subnets, and leaves it to the API whether the names of the services lead to them.
  - Endpoints for services that are not listed are left alone.
options:
  vpc_id:
    description: The VPC.
    type: str
    required: true
  interface_services:
    description:
      - The services that have an address of their own in each subnet, such as V(ecr.api). Inside the VPC, their usual
        names lead to it.
    type: list
    elements: str
    default: []
  gateway_services:
    description: The services that route tables lead to, such as V(s3).
    type: list
    elements: str
    default: []
  subnet_ids:
    description: Where the interface endpoints are.
    type: list
    elements: str
    default: []
  security_group_id:
    description: The security group that a new interface endpoint is in; without it, the default one of the VPC.
    type: str
    default: ""
  route_table_ids:
    description: The route tables that lead to the gateway endpoints.
    type: list
    elements: str
    default: []
  policies:
    description: The policy document of each endpoint that has one, by service. Without one, AWS allows everything, and
      an existing policy stays.
    type: dict
    default: {}
  tags:
    description: The tags of a new endpoint.
    type: dict
    required: true
  wait_timeout:
    description: How long to wait for the endpoints, in seconds.
    type: int
    default: 600
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Reach the registry without a NAT gateway
  orders.deploy.ec2_vpc_endpoints:
    vpc_id: vpc-0123456789abcdef0
    interface_services: [ecr.api, ecr.dkr]
    gateway_services: [s3]
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    security_group_id: sg-0123456789abcdef0
    route_table_ids: [rtb-0123456789abcdef0]
    tags:
      project: orders
"""

RETURN = r"""
made:
  description: The services whose endpoints were made.
  type: list
  returned: always
moved:
  description: The services whose endpoints were moved to other subnets or route tables, or got another policy.
  type: list
  returned: always
"""

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_specifications
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_BETWEEN_LOOKS = 5

Endpoints = dict[str, dict[str, Any]]


class Wanted(NamedTuple):
    """An endpoint as it should be: what is needed to make it, where it is (field and identifiers), and its policy."""

    settings: dict[str, Any]
    field: str
    places: set[str]
    policy: dict[str, Any] | None


class UnusableError(Exception):
    """Endpoints that will not come to be, or take too long."""


def wanted_endpoints(parameters: dict[str, Any], region: str) -> dict[str, Wanted]:
    """Describe each endpoint that the parameters ask for, by the full name of its service."""
    interface = {"VpcEndpointType": "Interface", "PrivateDnsEnabled": True}
    if parameters["security_group_id"]:
        interface["SecurityGroupIds"] = [parameters["security_group_id"]]
    gateway = {"VpcEndpointType": "Gateway"}
    subnets, tables = set(parameters["subnet_ids"]), set(parameters["route_table_ids"])
    policies = parameters["policies"]
    return {
        **{f"com.amazonaws.{region}.{name}": Wanted(interface, "SubnetIds", subnets, policies.get(name))
           for name in parameters["interface_services"]},
        **{f"com.amazonaws.{region}.{name}": Wanted(gateway, "RouteTableIds", tables, policies.get(name))
           for name in parameters["gateway_services"]},
    }  # fmt: skip


def existing_endpoints(client: Any, vpc_id: str, services: dict[str, Wanted]) -> Endpoints:  # noqa: ANN401  # botocore makes its classes as it runs
    """Find the endpoints of the VPC for these services, by service; those that are being deleted as well."""
    pages = client.get_paginator("describe_vpc_endpoints").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    return {
        endpoint["ServiceName"]: endpoint
        for page in pages
        for endpoint in page["VpcEndpoints"]
        # An emulator that knows no filters returns those of other VPCs too.
        if endpoint["VpcId"] == vpc_id and endpoint["ServiceName"] in services and state(endpoint) != "deleted"
    }


def state(endpoint: dict[str, Any]) -> str:
    """Return the state of an endpoint, which AWS documents in capitals and writes without."""
    return str(endpoint["State"]).lower()


def wait(look: Callable[[], Endpoints], unwanted: set[str], timeout: float) -> Endpoints:
    """Look until no endpoint is in an unwanted state, and return the endpoints."""
    end = time.monotonic() + timeout
    while True:
        endpoints = look()
        states = {service: state(endpoint) for service, endpoint in endpoints.items()}
        if lost := {service: each for service, each in states.items() if each in {"failed", "rejected", "expired"}}:
            message = f"Endpoints that failed have to be deleted first: {lost}"
            raise UnusableError(message)
        if not unwanted & set(states.values()):
            return endpoints
        if time.monotonic() > end:
            message = f"The endpoints took more than {timeout} seconds: {states}"
            raise UnusableError(message)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def additions(module: AnsibleAWSModule, services: dict[str, Wanted], existing: Endpoints) -> dict[str, dict[str, Any]]:
    """Say how to make each endpoint that is missing, by service."""
    common = {
        "VpcId": module.params["vpc_id"],
        "TagSpecifications": boto3_tag_specifications(module.params["tags"], ["vpc-endpoint"]),
    }
    return {
        service: {
            **common,
            "ServiceName": service,
            wanted.field: sorted(wanted.places),
            **wanted.settings,
            **({"PolicyDocument": json.dumps(wanted.policy)} if wanted.policy else {}),
        }
        for service, wanted in services.items()
        if service not in existing
    }


def moves(services: dict[str, Wanted], existing: Endpoints) -> dict[str, dict[str, Any]]:
    """Say how to change each endpoint that is not where it should be, or has another policy, by service."""
    result = {}
    for service, endpoint in existing.items():
        field, wanted, policy = services[service].field, services[service].places, services[service].policy
        places = set(endpoint.get(field, []))
        changes: dict[str, Any] = {f"Add{field}": sorted(wanted - places), f"Remove{field}": sorted(places - wanted)}
        # An emulator may not return the policy, so that it cannot be compared.
        if policy and "PolicyDocument" in endpoint and json.loads(endpoint["PolicyDocument"]) != policy:
            changes["PolicyDocument"] = json.dumps(policy)
        if any(changes.values()):
            result[service] = {
                "VpcEndpointId": endpoint["VpcEndpointId"],
                **{change: value for change, value in changes.items() if value},
            }
    return result


def have_endpoints(module: AnsibleAWSModule) -> dict[str, Any]:
    """Make and move what is not as it should be, unless the module only checks, and say what that was."""
    client, timeout = module.client("ec2"), module.params["wait_timeout"]
    services = wanted_endpoints(module.params, client.meta.region_name)

    def look() -> Endpoints:
        return existing_endpoints(client, module.params["vpc_id"], services)

    # As long as an old endpoint is there, a new one cannot have the name of the service.
    existing = look() if module.check_mode else wait(look, {"deleting"}, timeout)
    made, moved = additions(module, services, existing), moves(services, existing)
    if not module.check_mode:
        for arguments in made.values():
            client.create_vpc_endpoint(**arguments)
        for arguments in moved.values():
            client.modify_vpc_endpoint(**arguments)
        wait(look, {"pending", "deleting"}, timeout)
    return {"changed": bool(made or moved), "made": sorted(made), "moved": sorted(moved)}


def main() -> None:
    """Run the module."""
    names: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "interface_services": names,
            "gateway_services": names,
            "subnet_ids": names,
            "security_group_id": {"type": "str", "default": ""},
            "route_table_ids": names,
            "policies": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "required": True},
            "wait_timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    try:
        result = have_endpoints(module)
    except UnusableError as error:
        module.fail_json(msg=str(error))
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not have the endpoints of {module.params['vpc_id']}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
