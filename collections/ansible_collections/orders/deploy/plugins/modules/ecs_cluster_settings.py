#!/usr/bin/python
"""Set Container Insights and the tags of an ECS cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_cluster_settings
short_description: Set Container Insights and the tags of an ECS cluster
description:
  - M(community.aws.ecs_cluster), which creates the cluster, can set neither. M(community.aws.ecs_tag) fails in check
    mode if the cluster does not exist yet.
options:
  cluster:
    description: The name of the cluster. In check mode, the cluster may be missing.
    type: str
    required: true
  container_insights:
    description: Whether CloudWatch collects metrics of the cluster's services and tasks, which costs extra.
    type: bool
    required: true
  tags:
    description: The tags of the cluster. Other tags are removed.
    type: dict
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Enable Container Insights and tag the cluster
  orders.deploy.ecs_cluster_settings:
    cluster: orders
    container_insights: true
    tags: {project: orders}
"""

RETURN = "{}"

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, fail_on_aws_error, send
from ansible_collections.orders.deploy.plugins.module_utils.tagging import tag_calls


def changes(cluster: dict[str, Any], insights: str, tags: dict[str, str]) -> list[Call]:
    """Return the calls that give a cluster its setting and its tags."""
    calls = []
    setting = {"name": "containerInsights", "value": insights}
    if setting not in cluster.get("settings", []):
        calls.append(Call("update_cluster", {"cluster": cluster["clusterName"], "settings": [setting]}))
    return calls + tag_calls({"resourceArn": cluster["clusterArn"]}, cluster.get("tags", []), tags, ("key", "value"))


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "cluster": {"type": "str", "required": True},
            "container_insights": {"type": "bool", "required": True},
            "tags": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    name = module.params["cluster"]
    insights = "enabled" if module.params["container_insights"] else "disabled"
    ecs = module.client("ecs")
    with fail_on_aws_error(module, f"Could not set Container Insights and the tags of the cluster {name}"):
        clusters = ecs.describe_clusters(clusters=[name], include=["SETTINGS", "TAGS"])["clusters"]
        if not clusters:
            if not module.check_mode:
                module.fail_json(msg=f"The cluster {name} does not exist")
            module.exit_json(changed=True)
        calls = changes(clusters[0], insights, module.params["tags"])
        send(module, ecs, calls)
    module.exit_json(changed=bool(calls))


if __name__ == "__main__":
    main()
