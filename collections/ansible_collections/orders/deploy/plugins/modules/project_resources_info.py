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
  describe:
    description: Whether to say of each what is meaningful about it, which takes more calls.
    type: bool
    default: false
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: List what exists
  orders.deploy.project_resources_info:
    project: orders
"""

RETURN = r"""
resources:
  description: A table of kind (such as queue) and the names, identifiers or ARNs of all resources of that kind, sorted.
    A kind without resources is left out.
  type: dict
  returned: always
described:
  description: All resources, sorted by kind and name. Of a task definition, it is the latest revision.
  type: list
  elements: dict
  returned: always; empty unless I(describe)
  contains:
    kind:
      description: As above.
      type: str
    name:
      description: What the project calls it; the same in every environment, where an identifier is not.
      type: str
    attributes:
      description: A table of its attributes, named as in the API of AWS. What is no scalar is text, as JSON.
      type: dict
"""

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

Client = Any  # botocore makes its classes as it runs


class Detail(NamedTuple):
    """The call that tells more of a resource than the list does, and where its answer says it.

    ``many``: it takes a list of resources, and answers with one.
    """

    operation: str
    argument: str
    key: str
    more: dict[str, Any]
    many: bool = False


class Named(NamedTuple):
    """A kind of resource that goes by its name: how to list it, and which fields are its identifier and its name.

    Without fields, the service lists bare ARNs or addresses, whose last part is the name. ``attributes`` are those that
    describe it, of ``detail`` where there is one; ``removed`` is the attribute, and its value, of what is gone, but
    still listed.
    """

    service: str
    operation: str
    key: str
    identifier: str = ""
    name: str = ""
    attributes: tuple[str, ...] = ()
    detail: Detail | None = None
    removed: tuple[str, str] | None = None


class Tagged(NamedTuple):
    """A kind of resource of EC2, which has no name and goes by its tags; ``states`` are those that still exist."""

    operation: str
    key: str
    identifier: str
    states: tuple[str, ...] = ()
    state_filter: str = "state"
    attributes: tuple[str, ...] = ()


KINDS: dict[str, Named | Tagged] = {
    "topics": Named(
        "sns",
        "list_topics",
        "Topics",
        "TopicArn",
        "TopicArn",
        attributes=("KmsMasterKeyId", "SubscriptionsConfirmed"),
        detail=Detail("get_topic_attributes", "TopicArn", "Attributes", {}),
    ),
    "queues": Named(
        "sqs",
        "list_queues",
        "QueueUrls",
        attributes=(
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        ),
        detail=Detail("get_queue_attributes", "QueueUrl", "Attributes", {"AttributeNames": ["All"]}),
    ),
    "repositories": Named(
        "ecr",
        "describe_repositories",
        "repositories",
        "repositoryArn",
        "repositoryName",
        attributes=("imageScanningConfiguration", "imageTagMutability"),
    ),
    "vpcs": Tagged("describe_vpcs", "Vpcs", "VpcId", attributes=("CidrBlock",)),
    "subnets": Tagged("describe_subnets", "Subnets", "SubnetId", attributes=("AvailabilityZone", "CidrBlock")),
    "route_tables": Tagged("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet_gateways": Tagged("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "nat_gateways": Tagged(
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        ("pending", "available", "deleting"),
        attributes=("ConnectivityType",),
    ),
    "addresses": Tagged("describe_addresses", "Addresses", "AllocationId", attributes=("Domain",)),
    "security_groups": Tagged("describe_security_groups", "SecurityGroups", "GroupId", attributes=("Description",)),
    "load_balancers": Named(
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "LoadBalancerArn",
        "LoadBalancerName",
        attributes=("DNSName", "IpAddressType", "Scheme", "Type"),
    ),
    "target_groups": Named(
        "elbv2",
        "describe_target_groups",
        "TargetGroups",
        "TargetGroupArn",
        "TargetGroupName",
        attributes=(
            "HealthCheckIntervalSeconds",
            "HealthCheckPath",
            "HealthCheckTimeoutSeconds",
            "HealthyThresholdCount",
            "Port",
            "Protocol",
            "TargetType",
            "UnhealthyThresholdCount",
        ),
    ),
    "roles": Named(
        "iam", "list_roles", "Roles", "Arn", "RoleName", attributes=("AssumeRolePolicyDocument", "Description")
    ),
    "log_groups": Named(
        "logs", "describe_log_groups", "logGroups", "logGroupName", "logGroupName", attributes=("retentionInDays",)
    ),
    "clusters": Named(
        "ecs",
        "list_clusters",
        "clusterArns",
        attributes=("capacityProviders", "runningTasksCount", "settings"),
        detail=Detail("describe_clusters", "clusters", "clusters", {"include": ["SETTINGS"]}, many=True),
        removed=("status", "INACTIVE"),
    ),
    "alarms": Named(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        "AlarmArn",
        "AlarmName",
        attributes=("ComparisonOperator", "EvaluationPeriods", "Threshold", "TreatMissingData"),
    ),
    "dashboards": Named("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardArn", "DashboardName"),
    "buckets": Named("s3", "list_buckets", "Buckets", "Name", "Name"),
    "endpoints": Tagged(
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        ("pending", "available", "deleting"),
        "vpc-endpoint-state",
        attributes=("ServiceName", "VpcEndpointType"),
    ),
    "task_definitions": Named(
        "ecs",
        "list_task_definitions",
        "taskDefinitionArns",
        attributes=("cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform"),
        detail=Detail("describe_task_definition", "taskDefinition", "taskDefinition", {}),
    ),
}


def last_part(name: str) -> str:
    """Return what a resource is called: the last part of its ARN or address, without a revision; a path as it is."""
    if name.startswith("/"):
        return name
    return re.split(r"[:/]", re.sub(r":\d+$", "", name))[-1]


def belongs(project: str, name: str) -> bool:
    """Tell whether a resource is the project's: by its name, or the last part of its ARN or address.

    A log group is the project's when it lies below the project's own path.
    """
    if name.startswith("/"):
        return name.startswith(f"/ecs/{project}/")
    return last_part(name) == project or last_part(name).startswith(f"{project}-")


class Resource(NamedTuple):
    """One resource that was found, and what its service listed of it."""

    identifier: str
    name: str
    listed: dict[str, Any]


def named(client: Client, kind: Named, project: str) -> Iterator[Resource]:
    """List the project's resources of a kind that goes by name."""
    for page in client.get_paginator(kind.operation).paginate():
        for listed in page.get(kind.key, []):
            name = listed[kind.name] if kind.name else listed
            if not belongs(project, name):
                continue
            identifier = listed[kind.identifier] if kind.identifier else listed
            resource = Resource(identifier, last_part(name), listed if kind.name else {})
            if kind.removed is None or kind.removed not in details(client, kind, resource).items():
                yield resource


def tagged(client: Client, kind: Tagged, project: str) -> Iterator[Resource]:
    """List the project's resources of a kind that goes by tags."""
    filters = [{"Name": "tag:project", "Values": [project]}]
    if kind.states:
        filters.append({"Name": kind.state_filter, "Values": list(kind.states)})
    for listed in getattr(client, kind.operation)(Filters=filters)[kind.key]:
        tags = {tag["Key"]: tag["Value"] for tag in listed.get("Tags", [])}
        yield Resource(listed[kind.identifier], tags.get("Name", listed[kind.identifier]), listed)


def details(client: Client, kind: Named | Tagged, resource: Resource) -> dict[str, Any]:
    """Return all that AWS says of a resource."""
    if isinstance(kind, Tagged) or kind.detail is None:
        return resource.listed
    detail = kind.detail
    asked = [resource.identifier] if detail.many else resource.identifier
    answer = getattr(client, detail.operation)(**{detail.argument: asked}, **detail.more)[detail.key]
    found: dict[str, Any] = answer[0] if detail.many else answer
    return found


def attributes(client: Client, kind: Named | Tagged, resource: Resource) -> dict[str, Any]:
    """Return what describes a resource, in scalars."""
    found = details(client, kind, resource)
    return {name: scalar(found[name]) for name in kind.attributes if name in found}


def scalar(value: object) -> object:
    """Return a value as it is, or as JSON."""
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def latest(resources: list[Resource]) -> list[Resource]:
    """Return the resources, of those with revisions the latest, sorted by name."""
    by_name: dict[str, Resource] = {}
    for resource in sorted(resources, key=lambda each: (len(each.identifier), each.identifier)):
        # Only task definitions share a name; EC2's resources without one have their identifier.
        by_name[resource.name] = resource
    return sorted(by_name.values(), key=lambda each: each.name)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS)},
            "describe": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    project = module.params["project"]
    kinds = {name: KINDS[name] for name in module.params["kinds"]}
    services = {kind.service if isinstance(kind, Named) else "ec2" for kind in kinds.values()}
    clients = {service: module.client(service) for service in services}

    resources = {}
    described = []
    for name, kind in kinds.items():
        client = clients[kind.service if isinstance(kind, Named) else "ec2"]
        try:
            found = list(named(client, kind, project) if isinstance(kind, Named) else tagged(client, kind, project))
            if module.params["describe"]:
                described += [
                    {"kind": name, "name": each.name, "attributes": attributes(client, kind, each)}
                    for each in latest(found)
                ]
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Could not list the {name}")
        if found:
            resources[name] = sorted(each.identifier for each in found)
    module.exit_json(
        changed=False, resources=resources, described=sorted(described, key=lambda each: (each["kind"], each["name"]))
    )


if __name__ == "__main__":
    main()
