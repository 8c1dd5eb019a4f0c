"""Topics and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.behaviours.sources import SNS, SNS_API
from probes.errors import expect_refused, refusal
from probes.probe import LATE_SECONDS, expect, probe
from probes.queue import Queue
from probes.topic import Topic, topic_with_queue

if TYPE_CHECKING:
    from probes.lab import Lab

_CREATE = f"{SNS_API}API_CreateTopic.html"
_SUBSCRIBE = f"{SNS_API}API_Subscribe.html"
_MODULE = "collections/ansible_collections/orders/deploy/plugins/modules/sns_subscription.py"


@probe(_CREATE, used_by="collections/ansible_collections/orders/deploy/plugins/modules/sns_topic.py")
def can_be_created_again(lab: Lab) -> None:
    """Creating a topic with the name of an existing one returns its ARN."""
    topic = Topic(lab)
    arn = topic.client.create_topic(Name=topic.name)["TopicArn"]
    expect(arn == topic.arn, f"returned {arn}, not {topic.arn}")


@probe(_CREATE)
def cannot_be_created_again_with_other_tags(lab: Lab) -> None:
    """Creating a topic with the name of an existing one and other tags is refused with InvalidParameter."""
    topic = Topic(lab)
    tags = [{"Key": "project", "Value": "probe"}]
    expect_refused("InvalidParameter", topic.client.create_topic, Name=topic.name, Tags=tags)


@probe(f"{SNS_API}API_DeleteTopic.html")
def can_be_deleted_twice(lab: Lab) -> None:
    """Deleting a topic that does not exist any more succeeds."""
    topic = Topic(lab)
    topic.client.delete_topic(TopicArn=topic.arn)
    code = refusal(topic.client.delete_topic, TopicArn=topic.arn)
    expect(not code, f"refused with {code}")


@probe(_SUBSCRIBE, used_by=_MODULE)
def a_queue_is_subscribed_once(lab: Lab) -> None:
    """Subscribing a queue again returns the ARN of its subscription."""
    topic, queue = Topic(lab), Queue(lab)
    first = topic.subscribe(queue)
    again = topic.client.subscribe(TopicArn=topic.arn, Protocol="sqs", Endpoint=queue.arn, ReturnSubscriptionArn=True)[
        "SubscriptionArn"
    ]
    expect(again == first, f"returned {again}, not {first}")


@probe(_SUBSCRIBE, f"{SNS}SendMessageToSQS.cross.account.html")
def a_queue_of_the_same_account_is_confirmed(lab: Lab) -> None:
    """A subscription of a queue that its owner creates needs no confirmation."""
    topic, queue = Topic(lab), Queue(lab)
    arn = topic.subscribe(queue)
    attributes = topic.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    expect(
        attributes.get("PendingConfirmation") == "false",
        f"PendingConfirmation is {attributes.get('PendingConfirmation')}",
    )


@probe(f"{SNS_API}API_GetTopicAttributes.html", used_by="roles/snapshot/tasks/take.yml", seconds=180)
def confirmed_subscriptions_are_counted(lab: Lab) -> None:
    """SubscriptionsConfirmed is the number of a topic's subscriptions that are confirmed."""
    topic, _ = topic_with_queue(lab)

    def confirmed() -> object:
        return topic.client.get_topic_attributes(TopicArn=topic.arn)["Attributes"].get("SubscriptionsConfirmed")

    lab.settles(lambda: confirmed() == "1", LATE_SECONDS)
    expect(confirmed() == "1", f"SubscriptionsConfirmed is {confirmed()}")


@probe(_SUBSCRIBE, f"{SNS}sns-subscription-filter-policies.html")
def an_invalid_filter_policy_is_refused(lab: Lab) -> None:
    """A filter policy that is no JSON is refused with InvalidParameter."""
    topic, queue = Topic(lab), Queue(lab)
    arn = topic.subscribe(queue)
    expect_refused(
        "InvalidParameter",
        topic.client.set_subscription_attributes,
        SubscriptionArn=arn,
        AttributeName="FilterPolicy",
        AttributeValue="{no filter",
    )


@probe(f"{SNS}sns-fifo-topics.html")
def a_fifo_queue_needs_a_fifo_topic(lab: Lab) -> None:
    """A FIFO queue cannot be subscribed to a standard topic: InvalidParameter."""
    topic, queue = Topic(lab), Queue(lab, fifo=True)
    expect_refused("InvalidParameter", topic.client.subscribe, TopicArn=topic.arn, Protocol="sqs", Endpoint=queue.arn)


@probe(_CREATE)
def the_name_of_a_fifo_topic_ends_with_fifo(lab: Lab) -> None:
    """A FIFO topic whose name does not end with .fifo is refused with InvalidParameter."""
    expect_refused("InvalidParameter", Topic, lab=lab, FifoTopic="true")
