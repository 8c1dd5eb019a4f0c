#!/usr/bin/python
"""The module that asks SQS how many messages a queue holds."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: queue_depth_info
short_description: Ask SQS how many messages a queue holds
description:
  - SQS calls its own counts approximate; they are right once nothing has been sent or received for a minute.
options:
  queue_url:
    description: The address of the queue.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Ask how many orders wait
  queue_depth_info:
    queue_url: https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue
"""

RETURN = r"""
waiting:
  description: Messages that nobody has received, delayed ones included.
  type: int
  returned: always
in_flight:
  description: Messages that were received, and neither deleted nor given back.
  type: int
  returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec={"queue_url": {"type": "str", "required": True}}, supports_check_mode=True)
    url = module.params["queue_url"]
    try:
        answer = module.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[*WAITING, IN_FLIGHT])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not ask for the depth of {url}")
    attributes = answer["Attributes"]
    waiting = sum(int(attributes[name]) for name in WAITING)
    module.exit_json(changed=False, waiting=waiting, in_flight=int(attributes[IN_FLIGHT]))


if __name__ == "__main__":
    main()
