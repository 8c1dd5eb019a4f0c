#!/usr/bin/python
"""The module that owns a dashboard of CloudWatch."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_dashboard
short_description: Own a dashboard of CloudWatch
description:
  - Writes a dashboard when what is on it differs, or removes it.
options:
  name:
    description: The name of the dashboard.
    type: str
    required: true
  state:
    description: Whether there is such a dashboard.
    type: str
    choices: [present, absent]
    default: present
  body:
    description: What is on it, as CloudWatch takes it.
    type: dict
  tags:
    description: Its tags. It gets them when it is made; later changes do not reach it.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Show how deep the queue is
  orders.deploy.cloudwatch_dashboard:
    name: orders
    body:
      widgets:
        - type: metric
          properties:
            region: us-west-2
            metrics: [[AWS/SQS, ApproximateNumberOfMessagesVisible, QueueName, orders-queue]]
"""

RETURN = r"""
messages:
  description: What CloudWatch thinks of a dashboard that was written; empty where it is content.
  type: list
  elements: dict
  returned: always
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list
from botocore.exceptions import BotoCoreError, ClientError

# CloudWatch's code, as its model has it, and the name by which its documentation calls it.
NOT_FOUND = ["ResourceNotFound", "DashboardNotFoundError"]


def read(client: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401  # botocore makes its classes as it runs
    """Return what is on a dashboard; nothing where there is none."""
    try:
        body: dict[str, Any] = json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])
    except is_boto3_error_code(NOT_FOUND):
        return None
    return body


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
    messages = []
    try:
        live = read(client, name)
        changed = live != wanted
        if changed and not module.check_mode:
            if wanted is None:
                client.delete_dashboards(DashboardNames=[name])
            else:
                tags = {} if live is not None else {"Tags": ansible_dict_to_boto3_tag_list(module.params["tags"])}
                answer = client.put_dashboard(DashboardName=name, DashboardBody=json.dumps(wanted), **tags)
                messages = answer.get("DashboardValidationMessages", [])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not change the dashboard {name}")
    module.exit_json(changed=changed, messages=messages)


if __name__ == "__main__":
    main()
