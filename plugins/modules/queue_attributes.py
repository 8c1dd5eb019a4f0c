#!/usr/bin/python
"""The module that sets attributes of a queue of SQS."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: queue_attributes
short_description: Set attributes of an SQS queue
description:
  - For those that M(community.aws.sqs_queue) does not know. In check mode, a queue that does not
    exist yet is taken to be made with them.
options:
  queue_url:
    description: The address of the queue.
    type: str
    required: true
  attributes:
    description: A table of attribute and value, named as in the API of SQS. Other attributes stay as they are.
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Encrypt what waits in the queue
  queue_attributes:
    queue_url: https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue
    attributes:
      SqsManagedSseEnabled: "true"
"""

RETURN = r"""
set:
  description: The attributes that were set to another value, sorted by name.
  type: list
  elements: str
  returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "queue_url": {"type": "str", "required": True},
            "attributes": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    url = module.params["queue_url"]
    wanted = {name: str(value) for name, value in module.params["attributes"].items()}
    sqs = module.client("sqs")
    try:
        try:
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=sorted(wanted))
        except is_boto3_error_code(NO_QUEUE):
            if not module.check_mode:
                raise
            answer = {"Attributes": wanted}
        # An answer that has none of the attributes leaves out the table as well.
        current = answer.get("Attributes", {})
        different = {name: value for name, value in wanted.items() if current.get(name) != value}
        if different and not module.check_mode:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=different)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not set attributes of {url}")
    module.exit_json(changed=bool(different), set=sorted(different))


if __name__ == "__main__":
    main()
