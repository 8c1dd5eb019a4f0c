"""The kinds of AWS resources that a project has: how each is listed, recognised and described."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.orders.deploy.plugins.module_utils.project import is_named_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.orders.deploy.plugins.module_utils.aws import Client


class Detail(NamedTuple):
    """The call that describes a resource: the argument that takes its identifier, and the key of the answer.

    ``many``: the argument and the answer are lists.
    """

    operation: str
    argument: str
    key: str
    more: dict[str, Any]
    many: bool = False


class Named(NamedTuple):
    """A kind of resource that is recognised by its name: the call that lists it, and the fields of identifier and name.

    Without these fields, the service lists ARNs or URLs, whose last part is the name. ``attributes`` are those to
    return, from the answer of ``detail`` if it is given. ``removed`` is the attribute, and its value, that marks a
    removed resource in the list.
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
    """A kind of resource of EC2, recognised by its tags; ``states`` are those in which it still exists."""

    operation: str
    key: str
    identifier: str
    states: tuple[str, ...] = ()
    state_filter: str = "state"
    attributes: tuple[str, ...] = ()


CONTAINER_INSIGHTS = "/aws/ecs/containerinsights"  # the log groups that AWS itself creates, by cluster

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
    """Return the last part of an ARN or URL, without a revision. Return a path as it is."""
    if name.startswith("/"):
        return name
    return re.split(r"[:/]", re.sub(r":\d+$", "", name))[-1]


def belongs(project: str, name: str) -> bool:
    """Tell whether a resource belongs to the project, by its name, ARN or URL."""
    if name.startswith("/"):  # a log group
        return name.startswith((f"/ecs/{project}/", f"{CONTAINER_INSIGHTS}/{project}/"))
    return is_named_after(project, last_part(name))


class Resource(NamedTuple):
    """A resource, and its entry in the list of its service."""

    identifier: str
    name: str
    listed: dict[str, Any]


def named(client: Client, kind: Named, project: str) -> Iterator[Resource]:
    """Yield the project's resources of a kind that is recognised by its name."""
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
    """Yield the project's resources of a kind that is recognised by its tags."""
    filters = [{"Name": "tag:project", "Values": [project]}]
    if kind.states:
        filters.append({"Name": kind.state_filter, "Values": list(kind.states)})
    for listed in getattr(client, kind.operation)(Filters=filters)[kind.key]:
        tags = {tag["Key"]: tag["Value"] for tag in listed.get("Tags", [])}
        yield Resource(listed[kind.identifier], tags.get("Name", listed[kind.identifier]), listed)


def details(client: Client, kind: Named | Tagged, resource: Resource) -> dict[str, Any]:
    """Return the full description of a resource."""
    if isinstance(kind, Tagged) or kind.detail is None:
        return resource.listed
    detail = kind.detail
    identifier = [resource.identifier] if detail.many else resource.identifier
    answer = getattr(client, detail.operation)(**{detail.argument: identifier}, **detail.more)[detail.key]
    found: dict[str, Any] = answer[0] if detail.many else answer
    return found


def service_of(kind: Named | Tagged) -> str:
    """Return the AWS service of a kind, as the SDK calls it."""
    return kind.service if isinstance(kind, Named) else "ec2"


def resources(client: Client, kind: Named | Tagged, project: str) -> list[Resource]:
    """Return the project's resources of a kind."""
    return list(named(client, kind, project) if isinstance(kind, Named) else tagged(client, kind, project))
