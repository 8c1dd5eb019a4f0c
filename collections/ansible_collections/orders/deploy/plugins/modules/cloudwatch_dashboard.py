#!/usr/bin/python
"""Manage a CloudWatch dashboard."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_dashboard
short_description: Manage a CloudWatch dashboard
description:
  - No module of amazon.aws or community.aws manages dashboards.
options:
  name:
    description: The name of the dashboard.
    type: str
    required: true
  state:
    description: Whether the dashboard exists.
    type: str
    choices: [present, absent]
    default: present
  body:
    description: The DashboardBody of PutDashboard. Required if O(state=present).
    type: dict
  tags:
    description: The tags of a new dashboard. Those of an existing dashboard are not changed.
    type: dict
    default: {}
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create a dashboard with the depth of the queue
  orders.deploy.cloudwatch_dashboard:
    name: orders
    body:
      widgets:
        - type: metric
          properties:
            region: us-west-2
            metrics: [[AWS/SQS, ApproximateNumberOfMessagesVisible, QueueName, orders-queue]]

- name: Remove the dashboard
  orders.deploy.cloudwatch_dashboard:
    name: orders
    state: absent
"""

RETURN = "{}"

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send

# The code in CloudWatch's API model, and the one in its documentation.
NOT_FOUND = ["ResourceNotFound", "DashboardNotFoundError"]


def read_body(client: Client, name: str) -> dict[str, Any] | None:
    """Return the body of a dashboard; None if the dashboard does not exist."""
    try:
        body: dict[str, Any] = json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])
    except is_boto3_error_code(NOT_FOUND):
        return None
    return body


def change(name: str, current: dict[str, Any] | None, wanted: dict[str, Any] | None, tags: dict[str, str]) -> Call:
    """Return the call that creates, updates or removes a dashboard."""
    if wanted is None:
        return Call("delete_dashboards", {"DashboardNames": [name]})
    arguments = {"DashboardName": name, "DashboardBody": json.dumps(wanted)}
    if current is None:
        arguments["Tags"] = ansible_dict_to_boto3_tag_list(tags)
    return Call("put_dashboard", arguments)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "body": {"type": "dict"},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ("body",))],
        supports_check_mode=True,
    )
    name = module.params["name"]
    wanted = module.params["body"] if module.params["state"] == "present" else None
    client = module.client("cloudwatch")
    with fail_on_aws_error(module, f"Could not change the dashboard {name}"):
        current = read_body(client, name)
        if current != wanted:
            send(module, client, [change(name, current, wanted, module.params["tags"])])
    module.exit_json(changed=current != wanted)


if __name__ == "__main__":
    main()
