#!/usr/bin/python
"""Count the messages in SQS queues."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_queue_info
short_description: Count the messages in SQS queues
description:
  - The counts are approximate. SQS makes them exact about a minute after the last message was sent or received.
  - No module of amazon.aws or community.aws reads a queue without changing it.
options:
  queue_urls:
    description: The URLs of the queues.
    type: list
    elements: str
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Count the orders in the queue
  orders.deploy.sqs_queue_info:
    queue_urls: [https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue]
"""

RETURN = r"""
depths:
  description: The depths of the queues, in the order of O(queue_urls).
  type: list
  elements: dict
  returned: always
  contains:
    waiting:
      description: The number of messages that can be received, now or after their delay.
      type: int
    in_flight:
      description: The number of messages that were received, but not deleted yet.
      type: int
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Client, fail_on_aws_error

WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


def depth(sqs: Client, url: str) -> dict[str, int]:
    """Return the numbers of messages that wait in a queue and that are in flight."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*WAITING, IN_FLIGHT])["Attributes"]
    return {"waiting": sum(int(attributes[name]) for name in WAITING), "in_flight": int(attributes[IN_FLIGHT])}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"queue_urls": {"type": "list", "elements": "str", "required": True}}, supports_check_mode=True
    )
    sqs = module.client("sqs")
    depths = []
    for url in module.params["queue_urls"]:
        with fail_on_aws_error(module, f"Could not count the messages in {url}"):
            depths.append(depth(sqs, url))
    module.exit_json(changed=False, depths=depths)


if __name__ == "__main__":
    main()
