#!/usr/bin/python
"""Subscribe an SQS queue to an SNS topic."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sns_subscription
short_description: Subscribe an SQS queue to an SNS topic
description:
  - Sets every attribute of a subscription, while M(community.aws.sns_topic) sets only RawMessageDelivery. Other
    subscriptions of the topic are not changed.
  - In check mode, the topic may be missing.
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
      - The attributes of the subscription, with the names of the API of SNS. Their values are encoded as JSON. Other
        attributes are not changed.
    type: dict
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
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

RETURN = "{}"

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send


def find(sns: Client, topic_arn: str, queue_arn: str) -> str | None:
    """Return the ARN of the queue's subscription to the topic; None if there is none."""
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn):
        for subscription in page["Subscriptions"]:
            arn: str = subscription["SubscriptionArn"]
            # SNS lists a removed subscription for a while, with "Deleted" in place of its ARN.
            if subscription["Endpoint"] == queue_arn and arn.startswith("arn:"):
                return arn
    return None


def changes(sns: Client, arn: str | None, wanted: dict[str, Any]) -> list[Call]:
    """Return the calls that subscribe the queue, or set the attributes that differ."""
    if arn is None:
        # Set at once, so that no message arrives without them.
        attributes = {name: json.dumps(value) for name, value in wanted["attributes"].items()}
        endpoint = {"TopicArn": wanted["topic_arn"], "Protocol": "sqs", "Endpoint": wanted["queue_arn"]}
        return [Call("subscribe", {**endpoint, "Attributes": attributes})]
    current = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    # An empty filter lets all messages pass, and is the only way to remove one.
    values = {"FilterPolicy": {}} | wanted["attributes"]
    return [
        Call(
            "set_subscription_attributes",
            {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": json.dumps(value)},
        )
        for name, value in values.items()
        if json.loads(current.get(name, "{}" if name == "FilterPolicy" else "null")) != value
    ]


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
    topic_arn, queue_arn = module.params["topic_arn"], module.params["queue_arn"]
    sns = module.client("sns")
    with fail_on_aws_error(module, f"Could not subscribe {queue_arn} to {topic_arn}"):
        try:
            arn = find(sns, topic_arn, queue_arn)
        except is_boto3_error_code("NotFound"):
            if not module.check_mode:
                raise
            arn = None
        calls = changes(sns, arn, module.params)
        send(module, sns, calls)
    module.exit_json(changed=bool(calls))


if __name__ == "__main__":
    main()
