#!/usr/bin/python
"""List all attributes of the AWS resources of a project."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: project_snapshot_info
short_description: List all attributes of the AWS resources of a project
description:
  - Returns all that AWS says about each resource, so that two snapshots are equal only if nothing was changed in
    between. What changes by itself is left out, such as the number of messages in a queue or the state of an alarm.
    M(orders.deploy.project_resources_info) returns a few attributes to show.
  - Asks the services side by side.
options:
  project:
    description: The name of the project.
    type: str
    required: true
  autoscaling:
    description: Whether to describe the scaling of the ECS services, for which not every emulator has an API.
    type: bool
    default: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Describe all resources of the project
  orders.deploy.project_snapshot_info:
    project: orders
"""

RETURN = r"""
snapshot:
  description: The description of each resource by its kind and its identifier, in the terms of the API, lists sorted.
  type: dict
  returned: always
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Client, fail_on_aws_error
from ansible_collections.orders.deploy.plugins.module_utils.project import Project
from ansible_collections.orders.deploy.plugins.module_utils.resources import (
    CONTAINER_INSIGHTS,
    KINDS,
    filled,
    resources,
    service_of,
)

with suppress(ImportError):  # AnsibleAWSModule reports that botocore is missing
    from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping


class Call(NamedTuple):
    """A call that describes a resource.

    In the ``arguments``, ``{identifier}`` and ``{name}`` are those of the resource, and other names are fields of what
    was described before. ``each`` is the field of the answer with a list; the calls ``then`` describe each of its
    entries, which is called ``{entry}`` if it is a string.
    """

    operation: str
    arguments: dict[str, Any]
    each: str = ""
    then: tuple[Call, ...] = ()


# What the listing of a kind does not say.
CALLS: dict[str, tuple[Call, ...]] = {
    "topics": (
        Call("get_topic_attributes", {"TopicArn": "{identifier}"}),
        Call("list_tags_for_resource", {"ResourceArn": "{identifier}"}),
        Call(
            "list_subscriptions_by_topic",
            {"TopicArn": "{identifier}"},
            "Subscriptions",
            (Call("get_subscription_attributes", {"SubscriptionArn": "{SubscriptionArn}"}),),
        ),
    ),
    "queues": (
        Call("get_queue_attributes", {"QueueUrl": "{identifier}", "AttributeNames": ["All"]}),
        Call("list_queue_tags", {"QueueUrl": "{identifier}"}),
    ),
    "repositories": (
        Call("get_lifecycle_policy", {"repositoryName": "{name}"}),
        Call("list_tags_for_resource", {"resourceArn": "{identifier}"}),
        Call("list_images", {"repositoryName": "{name}"}),
    ),
    "vpcs": (
        Call("describe_vpc_attribute", {"VpcId": "{identifier}", "Attribute": "enableDnsSupport"}),
        Call("describe_vpc_attribute", {"VpcId": "{identifier}", "Attribute": "enableDnsHostnames"}),
    ),
    "load_balancers": (
        Call("describe_load_balancer_attributes", {"LoadBalancerArn": "{identifier}"}),
        Call("describe_tags", {"ResourceArns": ["{identifier}"]}),
        Call(
            "describe_listeners",
            {"LoadBalancerArn": "{identifier}"},
            "Listeners",
            (Call("describe_rules", {"ListenerArn": "{ListenerArn}"}),),
        ),
    ),
    "target_groups": (
        Call("describe_target_group_attributes", {"TargetGroupArn": "{identifier}"}),
        Call("describe_tags", {"ResourceArns": ["{identifier}"]}),
    ),
    "roles": (
        Call("get_role", {"RoleName": "{name}"}),
        Call("list_attached_role_policies", {"RoleName": "{name}"}),
        Call(
            "list_role_policies",
            {"RoleName": "{name}"},
            "PolicyNames",
            (Call("get_role_policy", {"RoleName": "{name}", "PolicyName": "{entry}"}),),
        ),
    ),
    "log_groups": (Call("list_tags_log_group", {"logGroupName": "{identifier}"}),),
    "clusters": (
        Call("describe_clusters", {"clusters": ["{identifier}"], "include": ["CONFIGURATIONS", "SETTINGS", "TAGS"]}),
        Call(
            "list_services",
            {"cluster": "{identifier}"},
            "serviceArns",
            (
                Call(
                    "describe_services",
                    {"cluster": "{identifier}", "services": ["{entry}"], "include": ["TAGS"]},
                    "services",
                    (Call("describe_task_definition", {"taskDefinition": "{taskDefinition}", "include": ["TAGS"]}),),
                ),
            ),
        ),
    ),
    "alarms": (Call("list_tags_for_resource", {"ResourceARN": "{identifier}"}),),
    "dashboards": (Call("get_dashboard", {"DashboardName": "{name}"}),),
}

# Without what load tests and earlier deployments leave, which a deployment does not look at.
DESCRIBED = [kind for kind in KINDS if kind not in {"buckets", "task_definitions"}]

# What changes by itself, by the names of the APIs' fields.
VOLATILE = {
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "AvailableIpAddressCount",
    "NextToken",
    "ResponseMetadata",
    "RoleLastUsed",
    "StateReason",
    "StateReasonData",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "StateValue",
    "deployments",
    "events",
    "lastEvaluatedAt",
    "nextToken",
    "pendingTasksCount",
    "runningTasksCount",
    "storedBytes",
}
# What a resource need not have.
ABSENT = {"LifecyclePolicyNotFoundException"}


def stable(value: object) -> Any:  # noqa: ANN401  # JSON of any shape
    """Return a value without what changes by itself, with its lists sorted, and with other types as strings."""
    if isinstance(value, dict):
        return {key: stable(entry) for key, entry in sorted(value.items()) if key not in VOLATILE}
    if isinstance(value, list | tuple):
        return sorted((stable(entry) for entry in value), key=lambda entry: json.dumps(entry, sort_keys=True))
    return value if isinstance(value, str | int | float | None) else str(value)


def describe(client: Client, call: Call, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of a call, with the answers of the calls that describe its entries."""
    arguments = filled(call.arguments, names)
    try:
        if client.can_paginate(call.operation):
            answer = client.get_paginator(call.operation).paginate(**arguments).build_full_result()
        else:
            answer = getattr(client, call.operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return {}
        raise
    if call.then:
        answer["each"] = [
            describe(client, following, {**names, **(entry if isinstance(entry, dict) else {"entry": entry})})
            for entry in answer[call.each]
            for following in call.then
        ]
    found: dict[str, Any] = answer
    return found


def snapshot(client: Client, kind: str, project: Project) -> dict[str, Any]:
    """Return the description of each resource of a kind, by its identifier."""
    return {
        resource.identifier: stable(
            {
                "listed": resource.listed,
                "described": [
                    {call.operation: describe(client, call, {"identifier": resource.identifier, "name": resource.name})}
                    for call in CALLS.get(kind, ())
                ],
            }
        )
        for resource in resources(client, KINDS[kind], project)
        if not resource.identifier.startswith(CONTAINER_INSIGHTS)  # AWS creates it some time after a deployment
    }


def scaling(client: Client, clusters: Container[str]) -> dict[str, Any]:
    """Return the scalable targets and scaling policies of the ECS services in the clusters."""
    found = {}
    for operation in ("describe_scalable_targets", "describe_scaling_policies"):
        pages = client.get_paginator(operation).paginate(ServiceNamespace="ecs")
        for each in [each for page in pages for each in page.get("ScalableTargets", page.get("ScalingPolicies"))]:
            if each["ResourceId"].split("/")[1] in clusters:
                found[each.get("PolicyARN", each["ResourceId"])] = stable(each)
    return found


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "autoscaling": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    clients = {service: module.client(service) for service in {service_of(KINDS[kind]) for kind in DESCRIBED}}
    project = Project(module.params["project"], module.region)

    with fail_on_aws_error(module, "Could not describe the resources"), ThreadPoolExecutor() as pool:
        described = {kind: pool.submit(snapshot, clients[service_of(KINDS[kind])], kind, project) for kind in DESCRIBED}
        if module.params["autoscaling"]:
            clusters = {each.name for each in resources(clients["ecs"], KINDS["clusters"], project)}
            described["scaling"] = pool.submit(scaling, module.client("application-autoscaling"), clusters)
        found = {kind: future.result() for kind, future in described.items()}
    module.exit_json(changed=False, snapshot=found)


if __name__ == "__main__":
    main()
