#!/usr/bin/python
"""The module that subscribes a queue to a topic."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sns_subscription
short_description: Subscribe an SQS queue to an SNS topic
description:
  - Knows every attribute of a subscription, of which M(community.aws.sns_topic) knows one. Other subscriptions of the
    topic stay as they are. In check mode, a topic that does not exist yet has none.
options:
  topic_arn:
    description: The ARN of the topic.
    type: str
    required: true
  queue_arn:
    description: The ARN of the queue.
    type: str
    required: true
  attributes:
    description:
      - A table of attribute and value, named as in the API of SNS. What SNS takes as JSON is given as what it stands
        for. Other attributes stay as they are.
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Subscribe the queue to the topic
  orders.deploy.sns_subscription:
    topic_arn: arn:aws:sns:us-west-2:000000000000:orders-events
    queue_arn: arn:aws:sqs:us-west-2:000000000000:orders-queue
    attributes:
      RawMessageDelivery: true
      RedrivePolicy:
        deadLetterTargetArn: arn:aws:sqs:us-west-2:000000000000:orders-queue-undelivered
"""

RETURN = r"""
set:
  description: The attributes that were set to another value, sorted by name.
  type: list
  elements: str
  returned: always
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

Client = Any  # botocore makes its classes as it runs


def find(sns: Client, topic_arn: str, queue_arn: str) -> str | None:
    """Return the ARN of the queue's subscription to the topic; None where there is none."""
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn):
        for subscription in page["Subscriptions"]:
            arn: str = subscription["SubscriptionArn"]
            # One that was removed may be listed for a while yet, as "Deleted".
            if subscription["Endpoint"] == queue_arn and arn.startswith("arn:"):
                return arn
    return None


def differences(sns: Client, arn: str, wanted: dict[str, Any]) -> list[str]:
    """Return the names of the attributes that a subscription has otherwise than wanted."""
    current = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    return [name for name, value in wanted.items() if json.loads(current.get(name, "null")) != value]


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "topic_arn": {"type": "str", "required": True},
            "queue_arn": {"type": "str", "required": True},
            "attributes": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    topic_arn, queue_arn, wanted = (module.params[name] for name in ("topic_arn", "queue_arn", "attributes"))
    as_json = {name: json.dumps(value) for name, value in wanted.items()}
    sns = module.client("sns")
    try:
        try:
            arn = find(sns, topic_arn, queue_arn)
        except is_boto3_error_code("NotFound"):
            if not module.check_mode:
                raise
            arn = None
        changes = differences(sns, arn, wanted) if arn else list(wanted)
        if not module.check_mode and not arn:
            # With its attributes from the beginning, so that no message arrives otherwise.
            sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, Attributes=as_json)
        elif not module.check_mode:
            for name in changes:
                sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=as_json[name])
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not subscribe {queue_arn} to {topic_arn}")
    module.exit_json(changed=arn is None or bool(changes), set=sorted(changes))


if __name__ == "__main__":
    main()
