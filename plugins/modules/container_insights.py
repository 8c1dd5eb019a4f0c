#!/usr/bin/python
"""The module that switches the Container Insights of an ECS cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: container_insights
short_description: Switch the Container Insights of an ECS cluster
description:
  - The metrics of clusters, services and tasks in CloudWatch, which cost extra.
  - In check mode, a cluster that does not exist yet would be changed.
options:
  cluster:
    description: The name of the cluster.
    type: str
    required: true
  enabled:
    description: Whether the metrics are gathered.
    type: bool
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Gather the metrics of the cluster
  container_insights:
    cluster: orders
    enabled: true
"""

RETURN = r""" # """

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

SETTING = "containerInsights"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"cluster": {"type": "str", "required": True}, "enabled": {"type": "bool", "required": True}},
        supports_check_mode=True,
    )
    name = module.params["cluster"]
    wanted = "enabled" if module.params["enabled"] else "disabled"
    client = module.client("ecs")
    try:
        clusters = client.describe_clusters(clusters=[name], include=["SETTINGS"])["clusters"]
        settings = {setting["name"]: setting["value"] for cluster in clusters for setting in cluster["settings"]}
        changed = settings.get(SETTING) != wanted
        if changed and not module.check_mode:
            client.update_cluster(cluster=name, settings=[{"name": SETTING, "value": wanted}])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not switch the Container Insights of {name}")
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
