#!/usr/bin/python
"""Manage an SQS queue."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_queue
short_description: Manage an SQS queue
description:
  - Unlike M(community.aws.sqs_queue), it takes all attributes, such as those of the encryption with keys of SQS, and
    creates a queue with its attributes and tags in one call.
  - SQS finds and changes a removed queue for up to a minute, and then forgets it. This module recognises such a queue
    and creates it anew. As SQS refuses the name of a removed queue for a minute, that can take so long. To remove it
    again is no error.
options:
  name:
    description: The name of the queue.
    type: str
    required: true
  state:
    description: Whether the queue exists. It is removed with its messages.
    type: str
    choices: [present, absent]
    default: present
  attributes:
    description:
      - The attributes of the queue, with the names of the API. A dictionary is written as JSON.
      - Other attributes of an existing queue are left alone.
      - Required if O(state=present).
    type: dict
  tags:
    description: The tags of the queue. Other tags are removed. Required if O(state=present).
    type: dict
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create the queue
  orders.deploy.sqs_queue:
    name: orders-queue
    attributes:
      SqsManagedSseEnabled: "true"
      VisibilityTimeout: 30
      RedrivePolicy:
        deadLetterTargetArn: arn:aws:sqs:us-west-2:000000000000:orders-queue-dead-letters
        maxReceiveCount: 5
    tags: {project: orders}

- name: Remove the queue
  orders.deploy.sqs_queue:
    name: orders-queue
    state: absent
"""

RETURN = "{}"

import json
import time
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send

# The codes in the API model, and those of its older protocol, which SQS still sends.
NOT_FOUND = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"]
DELETED_RECENTLY = ["QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently"]
DEADLINE_SECONDS = 90  # SQS refuses the name of a removed queue for 60
DELAY_SECONDS = 2


def text(value: object) -> str:
    """Return the value of an attribute as the API takes it."""
    return json.dumps(value) if isinstance(value, dict | bool) else str(value)


def is_removed(sqs: Client, name: str) -> bool:
    """Tell whether a queue that SQS finds was removed a moment ago.

    CreateQueue without attributes changes nothing if the queue exists, and knows best whether it does.
    """
    try:
        sqs.create_queue(QueueName=name)
    except is_boto3_error_code(DELETED_RECENTLY):
        return True
    return False


def find(sqs: Client, name: str, *, check_mode: bool) -> tuple[str, dict[str, str]] | None:
    """Return the URL and the attributes of a queue; None if it does not exist."""
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        if not check_mode and is_removed(sqs, name):
            return None
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except is_boto3_error_code(NOT_FOUND):
        return None


def create(sqs: Client, wanted: dict[str, Any]) -> None:
    """Create a queue, as soon as SQS allows it."""
    attributes = {name: text(value) for name, value in wanted["attributes"].items()}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            sqs.create_queue(QueueName=wanted["name"], Attributes=attributes, tags=wanted["tags"])
        except is_boto3_error_code(DELETED_RECENTLY):
            if time.monotonic() >= deadline:
                raise
            time.sleep(DELAY_SECONDS)
        else:
            return


def differs(current: str | None, wanted: object) -> bool:
    """Tell whether an attribute differs. A dictionary is compared as a policy: SQS returns it in other words."""
    if isinstance(wanted, dict):
        return bool(compare_policies(json.loads(current or "{}"), wanted))
    return current != text(wanted)


def update(sqs: Client, url: str, current: dict[str, str], wanted: dict[str, Any]) -> list[Call]:
    """Return the calls that update a queue."""
    calls = []
    attributes = {
        name: text(value) for name, value in wanted["attributes"].items() if differs(current.get(name), value)
    }
    if attributes:
        calls.append(Call("set_queue_attributes", {"QueueUrl": url, "Attributes": attributes}))
    to_set, to_remove = compare_aws_tags(sqs.list_queue_tags(QueueUrl=url).get("Tags", {}), wanted["tags"])
    if to_set:
        calls.append(Call("tag_queue", {"QueueUrl": url, "Tags": to_set}))
    if to_remove:
        calls.append(Call("untag_queue", {"QueueUrl": url, "TagKeys": to_remove}))
    return calls


def ensure(module: AnsibleAWSModule, sqs: Client) -> bool:
    """Create or update the queue, and return whether that changes something."""
    wanted = module.params
    found = find(sqs, wanted["name"], check_mode=module.check_mode)
    if found is None:
        if not module.check_mode:
            create(sqs, wanted)
        return True
    url, current = found
    calls = update(sqs, url, current, wanted)
    send(module, sqs, calls)
    return bool(calls)


def remove(module: AnsibleAWSModule, sqs: Client) -> bool:
    """Remove the queue, and return whether that changes something."""
    try:
        url = sqs.get_queue_url(QueueName=module.params["name"])["QueueUrl"]
        send(module, sqs, [Call("delete_queue", {"QueueUrl": url})])
    except is_boto3_error_code(NOT_FOUND):
        return False
    return True


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "attributes": {"type": "dict"},
            "tags": {"type": "dict"},
        },
        required_if=[("state", "present", ("attributes", "tags"))],
        supports_check_mode=True,
    )
    sqs = module.client("sqs")
    with fail_on_aws_error(module, f"Could not change the queue {module.params['name']}"):
        changed = ensure(module, sqs) if module.params["state"] == "present" else remove(module, sqs)
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
