#!/usr/bin/python
"""The module that sets what the collection's module for ECS clusters does not know."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_cluster_settings
short_description: Set the Container Insights and the tags of an ECS cluster
description:
  - M(community.aws.ecs_cluster), which makes the cluster, knows neither.
  - In check mode, a cluster that does not exist yet would be changed.
options:
  cluster:
    description: The name of the cluster.
    type: str
    required: true
  container_insights:
    description: Whether CloudWatch gathers metrics of the cluster's services and tasks, which cost extra.
    type: bool
    required: true
  tags:
    description: The cluster's tags; any others are removed.
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Gather metrics, and tag the cluster
  orders.deploy.ecs_cluster_settings:
    cluster: orders
    container_insights: true
    tags: {project: orders}
"""

RETURN = r""" # """

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from botocore.exceptions import BotoCoreError, ClientError

SETTING = "containerInsights"


def changes(cluster: dict[str, Any], insights: str, tags: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls, with their arguments, that make a cluster as it is wanted."""
    calls: list[tuple[str, dict[str, Any]]] = []
    settings = {setting["name"]: setting["value"] for setting in cluster.get("settings", [])}
    if settings.get(SETTING) != insights:
        setting = {"name": SETTING, "value": insights}
        calls.append(("update_cluster", {"cluster": cluster.get("clusterName"), "settings": [setting]}))
    to_set, to_remove = compare_aws_tags(boto3_tag_list_to_ansible_dict(cluster.get("tags", [])), tags)
    if to_set:
        new = ansible_dict_to_boto3_tag_list(to_set, "key", "value")
        calls.append(("tag_resource", {"resourceArn": cluster.get("clusterArn"), "tags": new}))
    if to_remove:
        calls.append(("untag_resource", {"resourceArn": cluster.get("clusterArn"), "tagKeys": to_remove}))
    return calls


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
    try:
        clusters = ecs.describe_clusters(clusters=[name], include=["SETTINGS", "TAGS"])["clusters"]
        if not clusters and not module.check_mode:
            module.fail_json(msg=f"There is no cluster {name}")
        calls = changes(clusters[0] if clusters else {}, insights, module.params["tags"])
        if not module.check_mode:
            for operation, arguments in calls:
                getattr(ecs, operation)(**arguments)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not set the Container Insights and the tags of the cluster {name}")
    module.exit_json(changed=bool(calls))


if __name__ == "__main__":
    main()
