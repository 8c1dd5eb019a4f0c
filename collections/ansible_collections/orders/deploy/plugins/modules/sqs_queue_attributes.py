#!/usr/bin/python
"""The module that sets attributes of queues of SQS."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_queue_attributes
short_description: Set attributes of SQS queues
description:
  - For those that M(community.aws.sqs_queue) does not know. In check mode, a queue that does not
    exist yet is taken to be made with them.
options:
  queue_urls:
    description: The addresses of the queues.
    type: list
    elements: str
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
  orders.deploy.sqs_queue_attributes:
    queue_urls: [https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue]
    attributes:
      SqsManagedSseEnabled: "true"
"""

RETURN = r"""
set:
  description: A table of the queues' addresses and, sorted by name, the attributes that were set to another value. A
    queue with none is left out.
  type: dict
  returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


def difference(sqs: Any, url: str, wanted: dict[str, str], *, check_mode: bool) -> dict[str, str]:  # noqa: ANN401  # botocore makes its classes as it runs
    """Return those of the wanted attributes that a queue does not have; in check mode, one that is missing has them."""
    try:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=sorted(wanted))
    except is_boto3_error_code(NO_QUEUE):
        if not check_mode:
            raise
        return {}
    # An answer that has none of the attributes leaves out the table as well.
    current = answer.get("Attributes", {})
    return {name: value for name, value in wanted.items() if current.get(name) != value}


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "queue_urls": {"type": "list", "elements": "str", "required": True},
            "attributes": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    wanted = {name: str(value) for name, value in module.params["attributes"].items()}
    sqs = module.client("sqs")
    changed = {}
    for url in module.params["queue_urls"]:
        try:
            different = difference(sqs, url, wanted, check_mode=module.check_mode)
            if different and not module.check_mode:
                sqs.set_queue_attributes(QueueUrl=url, Attributes=different)
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Could not set attributes of {url}")
        if different:
            changed[url] = sorted(different)
    module.exit_json(changed=bool(changed), set=changed)


if __name__ == "__main__":
    main()
