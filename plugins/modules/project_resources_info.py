#!/usr/bin/python
"""The module that lists what exists of a project."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: project_resources_info
short_description: List every AWS resource of a project
description:
  - Asks each AWS service in turn, so it finds what is there, and not what a playbook believes to be there.
  - What has a name belongs to the project that the name begins with; what EC2 makes has none, and belongs to the
    project that its tag C(project) names.
options:
  project:
    description: The name of the project.
    type: str
    required: true
  kinds:
    description: The kinds to list; all, where none is named.
    type: list
    elements: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: List what exists
  project_resources_info:
    project: orders
"""

RETURN = r"""
resources:
  description: A table of kind (such as queue) and the names, identifiers or ARNs of all resources of that kind, sorted.
    A kind without resources is left out.
  type: dict
  returned: always
"""

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Named(NamedTuple):
    """A kind of resource that goes by its name: how to list it, and which fields are its identifier and its name.

    Without fields, the service lists bare ARNs or addresses, whose last part is the name.
    """

    service: str
    operation: str
    key: str
    identifier: str = ""
    name: str = ""


class Tagged(NamedTuple):
    """A kind of resource of EC2, which has no name and goes by its tags; ``states`` are those that still exist."""

    operation: str
    key: str
    identifier: str
    states: tuple[str, ...] = ()
    state_filter: str = "state"


KINDS: dict[str, Named | Tagged] = {
    "topics": Named("sns", "list_topics", "Topics", "TopicArn", "TopicArn"),
    "queues": Named("sqs", "list_queues", "QueueUrls"),
    "repositories": Named("ecr", "describe_repositories", "repositories", "repositoryArn", "repositoryName"),
    "vpcs": Tagged("describe_vpcs", "Vpcs", "VpcId"),
    "subnets": Tagged("describe_subnets", "Subnets", "SubnetId"),
    "route_tables": Tagged("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet_gateways": Tagged("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "nat_gateways": Tagged(
        "describe_nat_gateways", "NatGateways", "NatGatewayId", ("pending", "available", "deleting")
    ),
    "addresses": Tagged("describe_addresses", "Addresses", "AllocationId"),
    "security_groups": Tagged("describe_security_groups", "SecurityGroups", "GroupId"),
    "load_balancers": Named("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn", "LoadBalancerName"),
    "target_groups": Named("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn", "TargetGroupName"),
    "roles": Named("iam", "list_roles", "Roles", "Arn", "RoleName"),
    "log_groups": Named("logs", "describe_log_groups", "logGroups", "logGroupName", "logGroupName"),
    "clusters": Named("ecs", "list_clusters", "clusterArns"),
    "alarms": Named("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn", "AlarmName"),
    "dashboards": Named("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardArn", "DashboardName"),
    "buckets": Named("s3", "list_buckets", "Buckets", "Name", "Name"),
    "endpoints": Tagged(
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        ("pending", "available", "deleting"),
        "vpc-endpoint-state",
    ),
    "task_definitions": Named("ecs", "list_task_definitions", "taskDefinitionArns"),
}


def belongs(project: str, name: str) -> bool:
    """Tell whether a resource is the project's: by its name, or the last part of its ARN or address.

    A log group is the project's when it lies below the project's own path.
    """
    if name.startswith("/"):
        return name.startswith(f"/ecs/{project}/")
    without_revision = re.sub(r":\d+$", "", name)
    last = re.split(r"[:/]", without_revision)[-1]
    return last == project or last.startswith(f"{project}-")


def named(client: Any, kind: Named, project: str) -> Iterator[str]:  # noqa: ANN401  # botocore makes its classes as it runs
    """List the identifiers of the project's resources of a kind that goes by name."""
    for page in client.get_paginator(kind.operation).paginate():
        for resource in page.get(kind.key, []):
            if belongs(project, resource[kind.name] if kind.name else resource):
                yield resource[kind.identifier] if kind.identifier else resource


def tagged(client: Any, kind: Tagged, project: str) -> Iterator[str]:  # noqa: ANN401  # as above
    """List the identifiers of the project's resources of a kind that goes by tags."""
    filters = [{"Name": "tag:project", "Values": [project]}]
    if kind.states:
        filters.append({"Name": kind.state_filter, "Values": list(kind.states)})
    for resource in getattr(client, kind.operation)(Filters=filters)[kind.key]:
        yield resource[kind.identifier]


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS)},
        },
        supports_check_mode=True,
    )
    project = module.params["project"]
    kinds = {name: KINDS[name] for name in module.params["kinds"]}
    services = {kind.service if isinstance(kind, Named) else "ec2" for kind in kinds.values()}
    clients = {service: module.client(service) for service in services}

    resources = {}
    for name, kind in kinds.items():
        try:
            if isinstance(kind, Named):
                found = sorted(named(clients[kind.service], kind, project))
            else:
                found = sorted(tagged(clients["ec2"], kind, project))
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Could not list the {name}")
        if found:
            resources[name] = found
    module.exit_json(changed=False, resources=resources)


if __name__ == "__main__":
    main()
