#!/usr/bin/python
"""Manage the endpoints of a VPC."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ec2_vpc_endpoints
short_description: Manage the endpoints of a VPC
description:
  - Creates missing endpoints, moves existing endpoints to the given subnets or route tables, sets their tags, and waits
    until all of them are available. Endpoints of other services are not changed.
  - Unlike M(amazon.aws.ec2_vpc_endpoint), it waits for endpoints that are being created or deleted, moves them between
    subnets, and always enables private DNS names.
options:
  vpc_id:
    description: The ID of the VPC.
    type: str
    required: true
  interface_services:
    description:
      - The full names of the services with an interface endpoint, by short names such as V(ecr.api). Their usual host
        names lead to it in the VPC.
    type: dict
    required: true
  gateway_services:
    description: The full names of the services with a gateway endpoint, by short names such as V(s3).
    type: dict
    required: true
  subnet_ids:
    description: The subnets of the interface endpoints.
    type: list
    elements: str
    required: true
  security_group_id:
    description: The security group of new interface endpoints.
    type: str
    required: true
  route_table_ids:
    description: The route tables of the gateway endpoints.
    type: list
    elements: str
    required: true
  policies:
    description:
      - The policy document of each endpoint that has one, by short name. Without one, AWS allows everything, and an
        existing policy stays.
    type: dict
    default: {}
  tags:
    description: The tags of the endpoints. Other tags are removed.
    type: dict
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create the endpoints through which tasks pull their images
  orders.deploy.ec2_vpc_endpoints:
    vpc_id: vpc-0123456789abcdef0
    interface_services: {ecr.api: com.amazonaws.us-west-2.ecr.api, ecr.dkr: com.amazonaws.us-west-2.ecr.dkr}
    gateway_services: {s3: com.amazonaws.us-west-2.s3}
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    security_group_id: sg-0123456789abcdef0
    route_table_ids: [rtb-0123456789abcdef0]
    tags:
      project: orders
"""

RETURN = "{}"

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    boto3_tag_specifications,
    compare_aws_tags,
)

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERVAL_SECONDS = 5
TIMEOUT_SECONDS = 600

Endpoints = dict[str, dict[str, Any]]


class Wanted(NamedTuple):
    """A wanted endpoint: the arguments that create it, the IDs in the field that places it, and its policy."""

    settings: dict[str, Any]
    field: str
    places: set[str]
    policy: dict[str, Any] | None


class UnavailableError(Exception):
    """Endpoints failed, or did not become available in time."""


def wanted_endpoints(parameters: dict[str, Any]) -> dict[str, Wanted]:
    """Return the wanted endpoints by the full names of their services."""
    interface = {
        "VpcEndpointType": "Interface",
        "PrivateDnsEnabled": True,
        "SecurityGroupIds": [parameters["security_group_id"]],
    }
    gateway = {"VpcEndpointType": "Gateway"}
    subnets, tables = set(parameters["subnet_ids"]), set(parameters["route_table_ids"])
    policies = parameters["policies"]
    return {
        **{service: Wanted(interface, "SubnetIds", subnets, policies.get(name))
           for name, service in parameters["interface_services"].items()},
        **{service: Wanted(gateway, "RouteTableIds", tables, policies.get(name))
           for name, service in parameters["gateway_services"].items()},
    }  # fmt: skip


def existing_endpoints(ec2: Client, vpc_id: str, services: dict[str, Wanted]) -> Endpoints:
    """Return the VPC's endpoints of these services by service, including those that are being deleted."""
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    return {
        endpoint["ServiceName"]: endpoint
        for page in pages
        for endpoint in page["VpcEndpoints"]
        # An emulator may ignore the filter.
        if endpoint["VpcId"] == vpc_id and endpoint["ServiceName"] in services and state(endpoint) != "deleted"
    }


def state(endpoint: dict[str, Any]) -> str:
    """Return the state of an endpoint in lower case; AWS documents capitals but does not send them."""
    return str(endpoint["State"]).lower()


def wait_for_endpoints(ec2: Client, vpc_id: str, services: dict[str, Wanted], unwanted: set[str]) -> Endpoints:
    """Wait until no endpoint is in an unwanted state, and return the endpoints; raises UnavailableError."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        endpoints = existing_endpoints(ec2, vpc_id, services)
        states = {service: state(endpoint) for service, endpoint in endpoints.items()}
        if failed := {service: each for service, each in states.items() if each in {"failed", "rejected", "expired"}}:
            message = f"Endpoints failed; delete them and run the playbook again: {failed}"
            raise UnavailableError(message)
        if not unwanted & set(states.values()):
            return endpoints
        if time.monotonic() > end:
            message = f"The endpoints are not available after {TIMEOUT_SECONDS} seconds: {states}"
            raise UnavailableError(message)
        time.sleep(INTERVAL_SECONDS)


def creations(parameters: dict[str, Any], services: dict[str, Wanted], existing: Endpoints) -> Iterator[Call]:
    """Yield the calls that create the missing endpoints."""
    common = {
        "VpcId": parameters["vpc_id"],
        "TagSpecifications": boto3_tag_specifications(parameters["tags"], ["vpc-endpoint"]),
    }
    for service, wanted in services.items():
        if service not in existing:
            own: dict[str, Any] = {wanted.field: sorted(wanted.places)}
            if wanted.policy:
                own["PolicyDocument"] = json.dumps(wanted.policy)
            yield Call("create_vpc_endpoint", {**common, "ServiceName": service, **own, **wanted.settings})


def moves(services: dict[str, Wanted], existing: Endpoints) -> Iterator[Call]:
    """Yield the calls that move endpoints to their subnets or route tables, and set their policies."""
    for service, endpoint in existing.items():
        field, wanted, policy = services[service].field, services[service].places, services[service].policy
        places = set(endpoint.get(field, []))
        changes: dict[str, Any] = {f"Add{field}": sorted(wanted - places), f"Remove{field}": sorted(places - wanted)}
        # An emulator may not return the policy, so that it cannot be compared.
        if policy and "PolicyDocument" in endpoint and json.loads(endpoint["PolicyDocument"]) != policy:
            changes["PolicyDocument"] = json.dumps(policy)
        if any(changes.values()):
            needed = {change: value for change, value in changes.items() if value}
            yield Call("modify_vpc_endpoint", {"VpcEndpointId": endpoint["VpcEndpointId"], **needed})


def retaggings(tags: dict[str, str], existing: Endpoints) -> Iterator[Call]:
    """Yield the calls that give endpoints the wanted tags, and remove all others."""
    for endpoint in existing.values():
        to_set, to_remove = compare_aws_tags(boto3_tag_list_to_ansible_dict(endpoint.get("Tags", [])), tags)
        resources = {"Resources": [endpoint["VpcEndpointId"]]}
        if to_set:
            yield Call("create_tags", {**resources, "Tags": ansible_dict_to_boto3_tag_list(to_set)})
        if to_remove:
            yield Call("delete_tags", {**resources, "Tags": [{"Key": key} for key in to_remove]})


def main() -> None:
    """Run the module."""
    names: dict[str, Any] = {"type": "list", "elements": "str", "required": True}
    module = AnsibleAWSModule(
        argument_spec={
            "vpc_id": {"type": "str", "required": True},
            "interface_services": {"type": "dict", "required": True},
            "gateway_services": {"type": "dict", "required": True},
            "subnet_ids": names,
            "security_group_id": {"type": "str", "required": True},
            "route_table_ids": names,
            "policies": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    vpc_id, ec2 = module.params["vpc_id"], module.client("ec2")
    services = wanted_endpoints(module.params)
    with fail_on_aws_error(module, f"Could not change the endpoints of {vpc_id}"):
        try:
            if module.check_mode:
                existing = existing_endpoints(ec2, vpc_id, services)
            else:  # A new endpoint cannot have the name of the service before the old one is deleted.
                existing = wait_for_endpoints(ec2, vpc_id, services, {"deleting"})
            calls = [
                *creations(module.params, services, existing),
                *moves(services, existing),
                *retaggings(module.params["tags"], existing),
            ]
            send(module, ec2, calls)
            if not module.check_mode:
                wait_for_endpoints(ec2, vpc_id, services, {"pending", "deleting"})
        except UnavailableError as error:
            module.fail_json(msg=str(error))
    module.exit_json(changed=bool(calls))


if __name__ == "__main__":
    main()
