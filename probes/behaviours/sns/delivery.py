"""How messages go from topics to queues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from probes.behaviours.sources import IAM, SNS, SNS_API
from probes.probe import LATE_SECONDS, expect, probe
from probes.queue import Queue
from probes.topic import Topic, allow, topic_with_queue

if TYPE_CHECKING:
    from typing import Any

    from probes.lab import Lab

_RAW = f"{SNS}sns-large-payload-raw-message-delivery.html"
_FILTER = f"{SNS}sns-subscription-filter-policies.html"
_PERMISSION = f"{SNS}subscribe-sqs-queue-to-sns-topic.html"
_MESSAGING = "roles/messaging/tasks/topic.yml"


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def _delivered(lab: Lab, queue: Queue, **parameters: object) -> dict[str, Any] | None:
    """Receive a message within what a delivery and a new subscription may take."""
    return queue.receive_within(LATE_SECONDS + lab.environment.settle_seconds, **parameters)


@probe(_RAW, used_by="services/src/orders/processor/handler.py", seconds=120)
def raw_is_the_message_itself(lab: Lab) -> None:
    """With raw delivery, the body in the queue is the message as it was published."""
    topic, queue = topic_with_queue(lab)
    body = '{"order": "\u00e4 \U0001f4e6"}'
    topic.publish(body)
    message = _delivered(lab, queue)
    expect(message and message["Body"] == body, f"received {message and message['Body']!r}")


@probe(_RAW, seconds=120)
def raw_keeps_the_attributes(lab: Lab) -> None:
    """With raw delivery, attributes of the published message are attributes of the message in the queue."""
    topic, queue = topic_with_queue(lab)
    topic.publish(MessageAttributes={"kind": _text("order")})
    message = _delivered(lab, queue, MessageAttributeNames=["All"])
    attributes = message and message.get("MessageAttributes")
    expect(attributes == {"kind": _text("order")}, f"attributes: {attributes}")


@probe(f"{SNS}sns-message-attributes.html", seconds=120)
def raw_drops_messages_with_more_than_ten_attributes(lab: Lab) -> None:
    """With raw delivery, a message with more than 10 attributes is not delivered: a queue would not take it."""
    topic, queue = topic_with_queue(lab)
    topic.publish("many", MessageAttributes={f"attribute-{number}": _text("x") for number in range(11)})
    topic.publish("few")
    message = _delivered(lab, queue)
    expect(message and message["Body"] == "few", f"first received: {message and message['Body']}")
    expect(not queue.receive(3), "both messages were delivered")


@probe(f"{SNS}sns-message-and-json-formats.html", seconds=120)
def an_envelope_without_raw_delivery(lab: Lab) -> None:
    """Without raw delivery, the body is a JSON object with the message, its ID, topic, time and signature."""
    topic, queue = topic_with_queue(lab, raw=False)
    sent = topic.publish("hello", Subject="subject", MessageAttributes={"kind": _text("order")})
    message = _delivered(lab, queue)
    expect(message, "nothing was delivered")
    envelope = json.loads(message["Body"]) if message else {}
    wanted = {
        "Type": "Notification",
        "MessageId": sent["MessageId"],
        "TopicArn": topic.arn,
        "Subject": "subject",
        "Message": "hello",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "order"}},
    }
    other = {name: envelope.get(name) for name in wanted if envelope.get(name) != wanted[name]}
    expect(not other, f"{other}")
    missing = {"Timestamp", "Signature", "SignatureVersion", "SigningCertURL", "UnsubscribeURL"} - set(envelope)
    expect(not missing, f"without {', '.join(sorted(missing))}")


@probe(f"{SNS_API}API_Publish.html", seconds=120)
def a_message_can_differ_by_protocol(lab: Lab) -> None:
    """With the structure json, a queue gets the value of the key sqs, or else of default."""
    topic, queue = topic_with_queue(lab)
    topic.publish(json.dumps({"default": "for all", "sqs": "for queues"}), MessageStructure="json")
    message = _delivered(lab, queue)
    expect(message and message["Body"] == "for queues", f"received {message and message['Body']!r}")


def _passes(lab: Lab, policy: object, passing: list[Any], held: list[Any], **attributes: str) -> None:
    """Expect that a filter policy passes some messages (those with `kind`), and holds the others."""
    topic, queue = topic_with_queue(lab, raw=True, FilterPolicy=policy, **attributes)
    lab.wait(lab.environment.settle_seconds)
    for number, value in enumerate([*passing, *held]):
        body = json.dumps({"number": number, "kind": value})
        kind = {"DataType": "Number" if isinstance(value, int) else "String", "StringValue": str(value)}
        topic.publish(body, MessageAttributes={} if attributes or value is None else {"kind": kind})
    found = queue.collect(len(passing) + len(held), LATE_SECONDS)
    kinds = [json.loads(message["Body"])["kind"] for message in found]
    expect(sorted(map(str, kinds)) == sorted(map(str, passing)), f"delivered: {kinds}, not {passing}")


@probe(_FILTER, f"{SNS}string-value-matching.html", seconds=180)
def filters_by_values(lab: Lab) -> None:
    """A filter policy delivers the messages that have one of its values in an attribute, and drops the others."""
    _passes(lab, {"kind": ["order", "refund"]}, ["order", "refund"], ["other", None])


@probe(f"{SNS}string-value-matching.html", seconds=180)
def filters_by_prefix_and_anything_but(lab: Lab) -> None:
    """A filter policy can ask for a prefix, and for anything but some values."""
    _passes(
        lab,
        {"kind": [{"prefix": "order-"}, {"anything-but": ["refund", "order"]}]},
        ["order-1", "other"],
        ["refund", "order"],
    )


@probe(f"{SNS}numeric-value-matching.html", seconds=180)
def filters_by_numbers(lab: Lab) -> None:
    """A filter policy can ask for a range of numbers."""
    _passes(lab, {"kind": [{"numeric": [">=", 10, "<", 20]}]}, [10, 19], [9, 20])


@probe(f"{SNS}attribute-key-matching.html", seconds=180)
def filters_by_existence(lab: Lab) -> None:
    """A filter policy can ask that an attribute is missing."""
    _passes(lab, {"kind": [{"exists": False}]}, [None], ["order"])


@probe(f"{SNS}sns-message-filtering-scope.html", seconds=180)
def filters_by_the_body(lab: Lab) -> None:
    """With the scope MessageBody, a filter policy is about properties of a JSON message."""
    _passes(lab, {"kind": ["order"]}, ["order"], ["other"], FilterPolicyScope="MessageBody")


@probe(f"{SNS}sns-dead-letter-queues.html", used_by=_MESSAGING, seconds=180)
def what_cannot_be_delivered_is_kept(lab: Lab) -> None:
    """A message that cannot be delivered as the queue is gone goes to the dead-letter queue of its subscription."""
    topic, queue, dead = Topic(lab), Queue(lab), Queue(lab)
    for each in (queue, dead):
        allow(each, topic.arn)
    topic.subscribe(queue, RedrivePolicy={"deadLetterTargetArn": dead.arn})
    queue.client.delete_queue(QueueUrl=queue.url)
    lab.wait(lab.environment.settle_seconds)
    topic.publish("undeliverable")
    message = _delivered(lab, dead)
    expect(message and message["Body"] == "undeliverable", "not in the dead-letter queue of the subscription")


@probe(f"{SNS}sns-dead-letter-queues.html", _PERMISSION, used_by=_MESSAGING, seconds=180)
def what_a_queue_refuses_is_kept(lab: Lab) -> None:
    """A message that the policy of the queue refuses goes to the dead-letter queue of its subscription."""
    topic, queue, dead = Topic(lab), Queue(lab), Queue(lab)
    allow(dead, topic.arn)
    topic.subscribe(queue, RedrivePolicy={"deadLetterTargetArn": dead.arn})
    lab.wait(lab.environment.settle_seconds)
    topic.publish("refused")
    message = _delivered(lab, dead)
    expect(not queue.receive(1), "delivered, though no policy allows it")
    expect(message and message["Body"] == "refused", "not in the dead-letter queue of the subscription")


@probe(_PERMISSION, used_by=_MESSAGING, seconds=120)
def a_queue_has_to_allow_its_topic(lab: Lab) -> None:
    """Without a policy that allows it, a topic cannot send to a queue: nothing is delivered."""
    topic, queue = Topic(lab), Queue(lab)
    topic.subscribe(queue)
    topic.publish()
    message = _delivered(lab, queue)
    expect(message is None, "delivered")


@probe(_PERMISSION, f"{IAM}confused-deputy.html", used_by=_MESSAGING, seconds=120)
def the_permission_can_be_for_one_topic(lab: Lab) -> None:
    """A queue whose policy allows the aws:SourceArn of one topic gets nothing from another."""
    allowed, other, queue = Topic(lab), Topic(lab), Queue(lab)
    allow(queue, allowed.arn)
    allowed.subscribe(queue)
    other.subscribe(queue)
    lab.wait(lab.environment.settle_seconds)
    other.publish("from another")
    allowed.publish("from the allowed")
    found = [message["Body"] for message in queue.collect(2, LATE_SECONDS)]
    expect(found == ["from the allowed"], f"delivered: {found}")


@probe(f"{SNS}sns-fifo-topics.html", f"{SNS}fifo-topic-message-ordering.html", seconds=120)
def fifo_topics_keep_the_order(lab: Lab) -> None:
    """A FIFO topic delivers the messages of a group to a FIFO queue in order, each deduplication ID once."""
    topic, queue = Topic(lab, fifo=True), Queue(lab, fifo=True)
    allow(queue, topic.arn)
    topic.subscribe(queue)
    lab.wait(lab.environment.settle_seconds)
    for number in range(5):
        for _ in range(2):
            topic.publish(str(number), MessageGroupId="group", MessageDeduplicationId=str(number))
    found = [message["Body"] for message in queue.collect(10, 2 * LATE_SECONDS)]
    expect(found == ["0", "1", "2", "3", "4"], f"delivered: {found}")


@probe(f"{SNS}fifo-topic-message-delivery.html", seconds=120)
def fifo_topics_reach_standard_queues(lab: Lab) -> None:
    """A standard queue can be subscribed to a FIFO topic (since September 2023)."""
    topic, queue = Topic(lab, fifo=True), Queue(lab)
    allow(queue, topic.arn)
    topic.subscribe(queue)
    lab.wait(lab.environment.settle_seconds)
    topic.publish("hello", MessageGroupId="group", MessageDeduplicationId="1")
    message = _delivered(lab, queue)
    expect(message and message["Body"] == "hello", f"received {message and message['Body']!r}")
