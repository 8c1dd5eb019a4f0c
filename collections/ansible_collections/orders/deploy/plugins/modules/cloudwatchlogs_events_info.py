#!/usr/bin/python
"""The module that reads a log group of CloudWatch Logs."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatchlogs_events_info
short_description: Read what has been logged to a log group of CloudWatch Logs
description:
  - Reads all streams of the group together.
options:
  log_group:
    description: The name of the log group.
    type: str
    required: true
  since:
    description: Only what was logged from this time on, in seconds since 1970.
    type: float
    default: 0
  contains:
    description: Only messages with this text in them.
    type: str
    default: ""
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Read what the processor logged of an order
  orders.deploy.cloudwatchlogs_events_info:
    log_group: /ecs/orders/processor
    contains: 0b7f5d5c-9f3c-4a44-8a53-0c7a7b6a1f0e
"""

RETURN = r"""
events:
  description: The events, by the time at which they were logged; each with its C(timestamp), in milliseconds since
    1970, and its C(message).
  type: list
  elements: dict
  returned: always
messages:
  description: The messages alone.
  type: list
  elements: str
  returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "log_group": {"type": "str", "required": True},
            "since": {"type": "float", "default": 0},
            "contains": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    group = module.params["log_group"]
    try:
        pages = module.client("logs").get_paginator("filter_log_events")
        events = [
            {"timestamp": event["timestamp"], "message": event["message"]}
            for page in pages.paginate(logGroupName=group, startTime=int(module.params["since"] * 1000))
            for event in page["events"]
            if module.params["contains"] in event["message"]
        ]
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not read the log group {group}")
    events.sort(key=lambda event: event["timestamp"])
    module.exit_json(changed=False, events=events, messages=[event["message"] for event in events])


if __name__ == "__main__":
    main()
