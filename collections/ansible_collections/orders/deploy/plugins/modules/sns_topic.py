#!/usr/bin/python
"""Manage an SNS topic."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sns_topic
short_description: Manage an SNS topic
description:
  - Unlike M(community.aws.sns_topic), it encrypts the topic, and works in check mode if the topic does not exist yet.
  - The subscriptions of an existing topic are not changed. SNS removes them together with the topic.
options:
  arn:
    description: The ARN of the topic. Its last part is the name of the topic.
    type: str
    required: true
  state:
    description: Whether the topic exists.
    type: str
    choices: [present, absent]
    default: present
  kms_key_id:
    description:
      - The KMS key that encrypts messages, as the attribute KmsMasterKeyId of SNS takes it; empty for no encryption.
      - Required if O(state=present).
    type: str
  policy:
    description: The access policy of the topic. Required if O(state=present).
    type: dict
  tags:
    description: The tags of the topic. Other tags are removed. Required if O(state=present).
    type: dict
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create the topic
  orders.deploy.sns_topic:
    arn: arn:aws:sns:us-west-2:000000000000:orders-events
    kms_key_id: alias/aws/sns
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {AWS: "arn:aws:iam::000000000000:root"}
          Action: sns:Publish
          Resource: arn:aws:sns:us-west-2:000000000000:orders-events
    tags: {project: orders}

- name: Remove the topic
  orders.deploy.sns_topic:
    arn: arn:aws:sns:us-west-2:000000000000:orders-events
    state: absent
"""

RETURN = "{}"

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send
from ansible_collections.orders.deploy.plugins.module_utils.tagging import tag_calls


def read_attributes(sns: Client, arn: str) -> dict[str, str] | None:
    """Return the attributes of a topic; None if the topic does not exist."""
    try:
        found: dict[str, str] = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    except is_boto3_error_code("NotFound"):
        return None
    return found


def creation(wanted: dict[str, Any]) -> Call:
    """Return the call that creates a topic."""
    attributes = {"Policy": json.dumps(wanted["policy"])}
    if wanted["kms_key_id"]:
        attributes["KmsMasterKeyId"] = wanted["kms_key_id"]
    tags = ansible_dict_to_boto3_tag_list(wanted["tags"])
    return Call("create_topic", {"Name": wanted["arn"].rpartition(":")[2], "Attributes": attributes, "Tags": tags})


def update(sns: Client, current: dict[str, str], wanted: dict[str, Any]) -> list[Call]:
    """Return the calls that update a topic."""
    arn = wanted["arn"]
    attributes = {}
    if current.get("KmsMasterKeyId", "") != wanted["kms_key_id"]:
        attributes["KmsMasterKeyId"] = wanted["kms_key_id"]
    if compare_policies(json.loads(current["Policy"]), wanted["policy"]):
        attributes["Policy"] = json.dumps(wanted["policy"])
    calls = [
        Call("set_topic_attributes", {"TopicArn": arn, "AttributeName": name, "AttributeValue": value})
        for name, value in attributes.items()
    ]
    current_tags = sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return calls + tag_calls({"ResourceArn": arn}, current_tags, wanted["tags"])


def changes(sns: Client, wanted: dict[str, Any]) -> list[Call]:
    """Return the calls that create, update or remove a topic."""
    current = read_attributes(sns, wanted["arn"])
    if wanted["state"] == "absent":
        return [] if current is None else [Call("delete_topic", {"TopicArn": wanted["arn"]})]
    return [creation(wanted)] if current is None else update(sns, current, wanted)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "arn": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "kms_key_id": {"type": "str", "no_log": False},  # a name, not a secret
            "policy": {"type": "dict"},
            "tags": {"type": "dict"},
        },
        required_if=[("state", "present", ("kms_key_id", "policy", "tags"))],
        supports_check_mode=True,
    )
    sns = module.client("sns")
    with fail_on_aws_error(module, f"Could not change the topic {module.params['arn']}"):
        calls = changes(sns, module.params)
        send(module, sns, calls)
    module.exit_json(changed=bool(calls))


if __name__ == "__main__":
    main()
