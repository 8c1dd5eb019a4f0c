#!/usr/bin/python
"""The module that makes a topic of SNS."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sns_topic
short_description: Make an SNS topic, encrypted and with a policy
description:
  - M(community.aws.sns_topic) cannot encrypt a topic, and fails in check mode on one that does not exist yet.
  - Subscriptions stay as they are.
options:
  arn:
    description: The ARN of the topic; its last part is the topic's name.
    type: str
    required: true
  kms_key_id:
    description: The KMS key that messages are encrypted with, as SNS takes it (such as an alias); empty for none.
    type: str
    required: true
  policy:
    description: Who may do what with the topic.
    type: dict
    required: true
  tags:
    description: The topic's tags; any others are removed.
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Make the topic
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
"""

RETURN = r"""
created:
  description: Whether there was no such topic.
  type: bool
  returned: always
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from botocore.exceptions import BotoCoreError, ClientError

Client = Any  # botocore makes its classes as it runs


def attributes_of(sns: Client, arn: str) -> dict[str, str] | None:
    """Return the attributes of a topic; None where there is no such topic."""
    try:
        found: dict[str, str] = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    except is_boto3_error_code("NotFound"):
        return None
    return found


def create(sns: Client, wanted: dict[str, Any]) -> None:
    """Make a topic."""
    attributes = {"Policy": json.dumps(wanted["policy"])}
    if wanted["kms_key_id"]:
        attributes["KmsMasterKeyId"] = wanted["kms_key_id"]
    tags = ansible_dict_to_boto3_tag_list(wanted["tags"])
    sns.create_topic(Name=wanted["arn"].rpartition(":")[2], Attributes=attributes, Tags=tags)


def update(sns: Client, wanted: dict[str, Any], current: dict[str, str], *, check_mode: bool) -> bool:
    """Change what differs about a topic, and tell whether anything does; in check mode, only tell."""
    arn = wanted["arn"]
    different = {}
    if current.get("KmsMasterKeyId", "") != wanted["kms_key_id"]:
        different["KmsMasterKeyId"] = wanted["kms_key_id"]
    if compare_policies(json.loads(current["Policy"]), wanted["policy"]):
        different["Policy"] = json.dumps(wanted["policy"])
    tags = boto3_tag_list_to_ansible_dict(sns.list_tags_for_resource(ResourceArn=arn)["Tags"])
    added, removed = compare_aws_tags(tags, wanted["tags"])

    if not check_mode:
        for name, value in different.items():
            sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
        if added:
            sns.tag_resource(ResourceArn=arn, Tags=ansible_dict_to_boto3_tag_list(added))
        if removed:
            sns.untag_resource(ResourceArn=arn, TagKeys=removed)
    return bool(different or added or removed)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "arn": {"type": "str", "required": True},
            "kms_key_id": {"type": "str", "required": True, "no_log": False},  # a name, no secret
            "policy": {"type": "dict", "required": True},
            "tags": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    sns = module.client("sns")
    try:
        current = attributes_of(sns, wanted["arn"])
        if current is not None:
            changed = update(sns, wanted, current, check_mode=module.check_mode)
        else:
            changed = True
            if not module.check_mode:
                create(sns, wanted)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not make the topic {wanted['arn']}")
    module.exit_json(changed=changed, created=current is None)


if __name__ == "__main__":
    main()
