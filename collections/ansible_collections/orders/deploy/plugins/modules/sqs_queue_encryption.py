#!/usr/bin/python
"""Encrypt SQS queues with keys that SQS manages."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_queue_encryption
short_description: Encrypt SQS queues with keys that SQS manages
description:
  - Enables SSE-SQS. M(community.aws.sqs_queue), which creates the queues, encrypts with keys of KMS only.
options:
  queue_urls:
    description: The URLs of the queues. In check mode, a queue may be missing.
    type: list
    elements: str
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Encrypt the messages in the queue
  orders.deploy.sqs_queue_encryption:
    queue_urls: [https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue]
"""

RETURN = "{}"

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send

ENCRYPTED = {"SqsManagedSseEnabled": "true"}
NOT_FOUND = "AWS.SimpleQueueService.NonExistentQueue"


def changes(sqs: Client, url: str, *, check_mode: bool) -> list[Call]:
    """Return the call that encrypts a queue, if it is not encrypted yet."""
    try:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(ENCRYPTED))
    except is_boto3_error_code(NOT_FOUND):
        if not check_mode:
            raise
        return []  # the task that creates the queue reports the change
    if answer.get("Attributes", {}) == ENCRYPTED:
        return []
    return [Call("set_queue_attributes", {"QueueUrl": url, "Attributes": ENCRYPTED})]


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"queue_urls": {"type": "list", "elements": "str", "required": True}}, supports_check_mode=True
    )
    sqs = module.client("sqs")
    changed = False
    for url in module.params["queue_urls"]:
        with fail_on_aws_error(module, f"Could not encrypt the queue {url}"):
            calls = changes(sqs, url, check_mode=module.check_mode)
            send(module, sqs, calls)
        changed |= bool(calls)
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
