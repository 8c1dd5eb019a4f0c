"""The kinds of AWS resources that a project has: how each is listed, recognised and described."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

with suppress(ImportError):  # AnsibleAWSModule reports that botocore is missing
    from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ansible_collections.orders.deploy.plugins.module_utils.aws import Client
    from ansible_collections.orders.deploy.plugins.module_utils.project import Project


class Read(NamedTuple):
    """A call that reads something of a resource, and the way to it in the answer.

    In the ``arguments``, ``{identifier}`` and ``{name}`` are those of the resource.
    """

    operation: str
    arguments: dict[str, Any]
    path: tuple[str | int, ...]


class Named(NamedTuple):
    """A kind of resource that is recognised by its name: the call that lists it, and the fields of identifier and name.

    Without these fields, the service lists ARNs or URLs, whose last part is the name. ``pattern`` matches the names,
    with ``{project}`` and ``{region}``. It may match those of a project whose name begins with this one's, too; then
    ``owner`` reads what tells them apart: the tags, or the log group, whose second part is the project.

    ``attributes`` are those to return, from the answer of ``detail`` if it is given. ``removed`` is the attribute, and
    its value, that marks a removed resource in the list.
    """

    service: str
    operation: str
    key: str
    identifier: str = ""
    name: str = ""
    pattern: str = r"{project}(-.+)?"
    owner: Read | None = None
    attributes: tuple[str, ...] = ()
    detail: Read | None = None
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
        owner=Read("list_tags_for_resource", {"ResourceArn": "{identifier}"}, ("Tags",)),
        attributes=("KmsMasterKeyId", "SubscriptionsConfirmed"),
        detail=Read("get_topic_attributes", {"TopicArn": "{identifier}"}, ("Attributes",)),
    ),
    "queues": Named(
        "sqs",
        "list_queues",
        "QueueUrls",
        owner=Read("list_queue_tags", {"QueueUrl": "{identifier}"}, ("Tags",)),
        attributes=(
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        ),
        detail=Read("get_queue_attributes", {"QueueUrl": "{identifier}", "AttributeNames": ["All"]}, ("Attributes",)),
    ),
    "repositories": Named(
        "ecr",
        "describe_repositories",
        "repositories",
        "repositoryArn",
        "repositoryName",
        owner=Read("list_tags_for_resource", {"resourceArn": "{identifier}"}, ("tags",)),
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
        owner=Read("describe_tags", {"ResourceArns": ["{identifier}"]}, ("TagDescriptions", 0, "Tags")),
        attributes=("DNSName", "IpAddressType", "Scheme", "Type"),
    ),
    "target_groups": Named(
        "elbv2",
        "describe_target_groups",
        "TargetGroups",
        "TargetGroupArn",
        "TargetGroupName",
        owner=Read("describe_tags", {"ResourceArns": ["{identifier}"]}, ("TagDescriptions", 0, "Tags")),
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
    "roles": Named(  # of all regions
        "iam",
        "list_roles",
        "Roles",
        "Arn",
        "RoleName",
        r"{project}-{region}-.+",
        Read("list_role_tags", {"RoleName": "{name}"}, ("Tags",)),
        attributes=("AssumeRolePolicyDocument", "Description"),
    ),
    "log_groups": Named(
        "logs",
        "describe_log_groups",
        "logGroups",
        "logGroupName",
        "logGroupName",
        rf"(/ecs|{CONTAINER_INSIGHTS})/{{project}}/.+",
        attributes=("retentionInDays",),
    ),
    "clusters": Named(
        "ecs",
        "list_clusters",
        "clusterArns",
        owner=Read("describe_clusters", {"clusters": ["{identifier}"], "include": ["TAGS"]}, ("clusters", 0, "tags")),
        attributes=("capacityProviders", "runningTasksCount", "settings"),
        detail=Read("describe_clusters", {"clusters": ["{identifier}"], "include": ["SETTINGS"]}, ("clusters", 0)),
        removed=("status", "INACTIVE"),
    ),
    "alarms": Named(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        "AlarmArn",
        "AlarmName",
        owner=Read("list_tags_for_resource", {"ResourceARN": "{identifier}"}, ("Tags",)),
        attributes=("ComparisonOperator", "EvaluationPeriods", "Threshold", "TreatMissingData"),
    ),
    "dashboards": Named(  # of all regions
        "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardArn", "DashboardName", r"{project}-{region}"
    ),
    "buckets": Named(  # of all regions
        "s3", "list_buckets", "Buckets", "Name", "Name", r"{project}-results-[0-9]+-{region}"
    ),
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
        owner=Read(
            "describe_task_definition",
            {"taskDefinition": "{identifier}"},
            ("taskDefinition", "containerDefinitions", 0, "logConfiguration", "options", "awslogs-group"),
        ),
        attributes=("cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform"),
        detail=Read("describe_task_definition", {"taskDefinition": "{identifier}"}, ("taskDefinition",)),
    ),
}


# In the code of an error that says that a resource does not exist, such as RepositoryNotFoundException.
GONE = re.compile("NotFound|NonExistent|DoesNotExist")


def last_part(name: str) -> str:
    """Return the last part of an ARN or URL, without a revision. Return a path as it is."""
    if name.startswith("/"):
        return name
    return re.split(r"[:/]", re.sub(r":\d+$", "", name))[-1]


def filled(value: Any, names: Mapping[str, Any]) -> Any:  # noqa: ANN401  # as the arguments of a call
    """Return the arguments of a call, with the names in them replaced."""
    if isinstance(value, dict):
        return {key: filled(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, names) for entry in value]
    return value.format_map(names)


class Resource(NamedTuple):
    """A resource, and its entry in the list of its service."""

    identifier: str
    name: str
    listed: dict[str, Any]


def read(client: Client, call: Read, resource: Resource) -> Any:  # noqa: ANN401  # a part of an answer
    """Return what a call says of a resource; None if the answer does not have it."""
    names = {"identifier": resource.identifier, "name": resource.name}
    found = getattr(client, call.operation)(**filled(call.arguments, names))
    for step in call.path:
        try:
            found = found[step]
        except (IndexError, KeyError):
            return None
    return found


def owner(client: Client, call: Read, resource: Resource) -> str | None:
    """Return the project that a resource belongs to; None if it does not say."""
    found = read(client, call, resource)
    if isinstance(found, str):  # a log group
        return found.split("/")[2] if found.startswith("/ecs/") else None
    if isinstance(found, dict):
        return found.get("project")
    tags = {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in found or []}
    return tags.get("project")


def exists(client: Client, kind: Named, resource: Resource) -> bool:
    """Tell whether a resource that its service lists exists: some list it for a while after its removal."""
    if kind.removed is None:
        return True
    found = details(client, kind, resource)
    return bool(found) and kind.removed not in found.items()


def named(client: Client, kind: Named, project: Project) -> Iterator[Resource]:
    """Yield the project's resources of a kind that is recognised by its name.

    A resource that does not say to which project it belongs, such as one that an interrupted run could not tag, belongs
    to every project whose names it matches.
    """
    pattern = re.compile(kind.pattern.format(project=re.escape(project.name), region=re.escape(project.region)))
    ours: dict[str, bool] = {}  # by name, which the revisions of a task definition share
    for page in client.get_paginator(kind.operation).paginate():
        for listed in page.get(kind.key, []):
            name = last_part(listed[kind.name] if kind.name else listed)
            if not pattern.fullmatch(name):
                continue
            identifier = listed[kind.identifier] if kind.identifier else listed
            resource = Resource(identifier, name, listed if kind.name else {})
            try:
                if kind.owner and name not in ours:
                    ours[name] = owner(client, kind.owner, resource) in {project.name, None}
                found = ours.get(name, True) and exists(client, kind, resource)
            except ClientError as error:
                if not GONE.search(error.response["Error"]["Code"]):
                    raise
                found = False
            if found:
                yield resource


def tagged(client: Client, kind: Tagged, project: Project) -> Iterator[Resource]:
    """Yield the project's resources of a kind that is recognised by its tags."""
    filters = [{"Name": "tag:project", "Values": [project.name]}]
    if kind.states:
        filters.append({"Name": kind.state_filter, "Values": list(kind.states)})
    for listed in getattr(client, kind.operation)(Filters=filters)[kind.key]:
        tags = {tag["Key"]: tag["Value"] for tag in listed.get("Tags", [])}
        yield Resource(listed[kind.identifier], tags.get("Name", listed[kind.identifier]), listed)


def details(client: Client, kind: Named | Tagged, resource: Resource) -> dict[str, Any]:
    """Return the full description of a resource; nothing if its service knows nothing of it any more."""
    if isinstance(kind, Tagged) or kind.detail is None:
        return resource.listed
    return read(client, kind.detail, resource) or {}


def service_of(kind: Named | Tagged) -> str:
    """Return the AWS service of a kind, as the SDK calls it."""
    return kind.service if isinstance(kind, Named) else "ec2"


def resources(client: Client, kind: Named | Tagged, project: Project) -> list[Resource]:
    """Return the project's resources of a kind."""
    return list(named(client, kind, project) if isinstance(kind, Named) else tagged(client, kind, project))
