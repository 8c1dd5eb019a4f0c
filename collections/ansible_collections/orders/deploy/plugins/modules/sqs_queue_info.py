#!/usr/bin/python
"""The module that asks SQS how many messages queues hold."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_queue_info
short_description: Ask SQS how many messages queues hold
description:
  - SQS calls its own counts approximate; they are right once nothing has been sent or received for a minute.
options:
  queue_urls:
    description: The addresses of the queues.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Ask how many orders wait
  orders.deploy.sqs_queue_info:
    queue_urls: [https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue]
"""

RETURN = r"""
depths:
  description: The depth of each queue, in their order.
  type: list
  elements: dict
  returned: always
  contains:
    waiting:
      description: Messages that nobody has received, delayed ones included.
      type: int
    in_flight:
      description: Messages that were received, and neither deleted nor given back.
      type: int
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


def depth(sqs: Any, url: str) -> dict[str, int]:  # noqa: ANN401  # botocore makes its classes as it runs
    """Return how many messages of a queue wait, and how many are in flight."""
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
        try:
            depths.append(depth(sqs, url))
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Could not ask for the depth of {url}")
    module.exit_json(changed=False, depths=depths)


if __name__ == "__main__":
    main()
