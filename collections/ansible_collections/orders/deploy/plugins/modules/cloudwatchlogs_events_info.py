#!/usr/bin/python
"""Read the events of a log group in CloudWatch Logs."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatchlogs_events_info
short_description: Read the events of a log group in CloudWatch Logs
description:
  - Reads all log streams of the group. No module of amazon.aws or community.aws reads log events.
  - Uses GetLogEvents, which returns all events. FilterLogEvents of some emulators stops after the oldest 10,000.
options:
  log_group:
    description: The name of the log group.
    type: str
    required: true
  since:
    description: The time of the first event to read, in seconds since 1970.
    type: float
    default: 0
  contains:
    description: A text that the message of an event must contain.
    type: str
    default: ""
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read what the processor logged about an order
  orders.deploy.cloudwatchlogs_events_info:
    log_group: /ecs/orders/processor
    contains: 0b7f5d5c-9f3c-4a44-8a53-0c7a7b6a1f0e
"""

RETURN = r"""
events:
  description: The events in the order of their times.
  type: list
  elements: dict
  returned: always
  contains:
    timestamp:
      description: The time of the event, in milliseconds since 1970.
      type: int
    message:
      description: The logged text.
      type: str
messages:
  description: The messages of the events.
  type: list
  elements: str
  returned: always
"""

from typing import TYPE_CHECKING, Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Client, fail_on_aws_error

if TYPE_CHECKING:
    from collections.abc import Iterator

# AWS updates the time of a stream's last event late, typically within an hour.
LATE_MILLISECONDS = 24 * 60 * 60 * 1000


def streams(logs: Client, group: str, start: int) -> Iterator[str]:
    """Yield the name of each log stream that may have events since ``start``."""
    for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group):
        for stream in page["logStreams"]:
            # Without a time, the stream is new.
            if stream.get("lastEventTimestamp", start) >= start - LATE_MILLISECONDS:
                yield stream["logStreamName"]


def events(logs: Client, group: str, stream: str, start: int) -> Iterator[dict[str, Any]]:
    """Yield each event of a log stream since ``start``, oldest first."""
    position: dict[str, str] = {}
    while True:
        page = logs.get_log_events(
            logGroupName=group, logStreamName=stream, startTime=start, startFromHead=True, **position
        )
        yield from page["events"]
        token = page["nextForwardToken"]
        if token == position.get("nextToken"):  # only this marks the end: a page may be empty before it
            return
        position = {"nextToken": token}


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
    group, start = module.params["log_group"], int(module.params["since"] * 1000)
    logs = module.client("logs")
    with fail_on_aws_error(module, f"Could not read the log group {group}"):
        found = [
            {"timestamp": event["timestamp"], "message": event["message"]}
            for stream in streams(logs, group, start)
            for event in events(logs, group, stream, start)
            if module.params["contains"] in event["message"]
        ]
    found.sort(key=lambda event: event["timestamp"])
    module.exit_json(changed=False, events=found, messages=[event["message"] for event in found])


if __name__ == "__main__":
    main()
