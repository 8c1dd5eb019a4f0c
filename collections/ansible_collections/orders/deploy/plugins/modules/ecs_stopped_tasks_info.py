#!/usr/bin/python
"""The module that asks ECS why tasks of a service stopped."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_stopped_tasks_info
short_description: Ask ECS why tasks of a service stopped
description:
  - ECS remembers a stopped task for about an hour.
options:
  cluster:
    description: The name of the cluster.
    type: str
    required: true
  service:
    description: The name of the service.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Ask why the tasks of the service stopped
  orders.deploy.ecs_stopped_tasks_info:
    cluster: orders
    service: api
"""

RETURN = r"""
reasons:
  description: Why each task stopped, and each of its containers where it says so; the latest first, each reason once.
  type: list
  elements: str
  returned: always
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


def reasons(task: dict[str, Any]) -> Iterator[str]:
    """Say why a task stopped: first ECS's words, then those of its containers."""
    if task.get("stoppedReason"):
        yield task["stoppedReason"]
    for container in task["containers"]:
        said = [container["reason"]] if container.get("reason") else []
        if container.get("exitCode"):
            said.append(f"exit status {container['exitCode']}")
        if said:
            yield f"container {container['name']}: {', '.join(said)}"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"cluster": {"type": "str", "required": True}, "service": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    cluster, service = module.params["cluster"], module.params["service"]
    client = module.client("ecs")
    try:
        arns = client.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED")["taskArns"]
        tasks = client.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not ask why tasks of {service} stopped")
    latest_first = sorted(tasks, key=lambda task: str(task.get("stoppedAt", "")), reverse=True)
    said = dict.fromkeys(reason for task in latest_first for reason in reasons(task))
    module.exit_json(changed=False, reasons=list(said))


if __name__ == "__main__":
    main()
