"""A topic of SNS and its queues, as probes use them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes.queue import Queue

if TYPE_CHECKING:
    from probes.lab import Lab


class Topic:
    """A topic of the probe's own."""

    def __init__(self, lab: Lab, *, fifo: bool = False, **attributes: str) -> None:
        """Create it with these attributes; it is removed at the end of the probe."""
        self._lab = lab
        self.client = lab.client("sns")
        self.name = lab.name(".fifo" if fifo else "")
        if fifo:
            attributes["FifoTopic"] = "true"
        self.arn: str = self.client.create_topic(Name=self.name, Attributes=attributes)["TopicArn"]
        lab.defer(self.client.delete_topic, TopicArn=self.arn)

    def publish(self, message: str = "hello", **parameters: object) -> dict[str, Any]:
        """Publish a message and return the answer."""
        answer: dict[str, Any] = self.client.publish(TopicArn=self.arn, Message=message, **parameters)
        return answer

    def publish_batch(self, *entries: dict[str, object]) -> dict[str, Any]:
        """Publish a batch and return the answer."""
        answer: dict[str, Any] = self.client.publish_batch(TopicArn=self.arn, PublishBatchRequestEntries=list(entries))
        return answer

    def subscribe(self, queue: Queue, *, raw: bool = True, **attributes: object) -> str:
        """Subscribe a queue; return the ARN of the subscription. Values other than text become JSON."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()}
        if raw:
            texts["RawMessageDelivery"] = "true"
        answer = self.client.subscribe(
            TopicArn=self.arn, Protocol="sqs", Endpoint=queue.arn, Attributes=texts, ReturnSubscriptionArn=True
        )
        arn: str = answer["SubscriptionArn"]
        self._lab.defer(self.client.unsubscribe, SubscriptionArn=arn)
        return arn


def allow(queue: Queue, topic_arn: str) -> None:
    """Let a topic send to a queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    queue.change(Policy={"Version": "2012-10-17", "Statement": [statement]})


def topic_with_queue(lab: Lab, *, raw: bool = True, **attributes: object) -> tuple[Topic, Queue]:
    """Return a topic and its queue, which it may send to; the attributes are those of the subscription."""
    topic, queue = Topic(lab), Queue(lab)
    allow(queue, topic.arn)
    topic.subscribe(queue, raw=raw, **attributes)
    return topic, queue
