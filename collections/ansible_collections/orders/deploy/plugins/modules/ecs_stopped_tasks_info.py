#!/usr/bin/python
"""Look up why tasks of an ECS service stopped."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_stopped_tasks_info
short_description: Look up why tasks of an ECS service stopped
description:
  - ECS describes a stopped task for about an hour.
  - No module of amazon.aws or community.aws lists the stopped tasks of a service.
options:
  cluster:
    description: The name of the cluster.
    type: str
    required: true
  service:
    description: The name of the service.
    type: str
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Look up why tasks of the service stopped
  orders.deploy.ecs_stopped_tasks_info:
    cluster: orders
    service: api
"""

RETURN = r"""
reasons:
  description: The reasons of the tasks and of their containers, latest first, without duplicates.
  type: list
  elements: str
  returned: always
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import fail_on_aws_error

if TYPE_CHECKING:
    from collections.abc import Iterator


def reasons(task: dict[str, Any]) -> Iterator[str]:
    """Yield the reason why a task stopped, and then those of its containers."""
    if task.get("stoppedReason"):
        yield task["stoppedReason"]
    for container in task["containers"]:
        details = [container["reason"]] if container.get("reason") else []
        if container.get("exitCode"):
            details.append(f"exit status {container['exitCode']}")
        if details:
            yield f"container {container['name']}: {', '.join(details)}"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"cluster": {"type": "str", "required": True}, "service": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    cluster, service = module.params["cluster"], module.params["service"]
    ecs = module.client("ecs")
    with fail_on_aws_error(module, f"Could not look up why tasks of {service} stopped"):
        arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED")["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    latest_first = sorted(tasks, key=lambda task: str(task.get("stoppedAt", "")), reverse=True)
    unique = dict.fromkeys(reason for task in latest_first for reason in reasons(task))
    module.exit_json(changed=False, reasons=list(unique))


if __name__ == "__main__":
    main()
