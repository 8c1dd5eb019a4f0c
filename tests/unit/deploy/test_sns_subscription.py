from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

TOPIC = "arn:aws:sns:us-west-2:000000000000:orders-events"
QUEUE = "arn:aws:sqs:us-west-2:000000000000:orders-queue"
SUBSCRIPTION = f"{TOPIC}:0b7f5d5c"
REDRIVE = {"deadLetterTargetArn": f"{QUEUE}-undelivered"}
WANTED: dict[str, Any] = {
    "topic_arn": TOPIC,
    "queue_arn": QUEUE,
    "attributes": {"RawMessageDelivery": True, "RedrivePolicy": REDRIVE},
}
SUBSCRIBED = {
    "TopicArn": TOPIC,
    "Protocol": "sqs",
    "Endpoint": QUEUE,
    "Attributes": {"RawMessageDelivery": "true", "RedrivePolicy": json.dumps(REDRIVE)},
}


def listed(aws: Aws, *subscriptions: tuple[str, str]) -> None:
    """Prepare the list of subscriptions, each with the queue and its own ARN."""
    found = [{"Endpoint": endpoint, "SubscriptionArn": arn} for endpoint, arn in subscriptions]
    aws["sns"].add_response("list_subscriptions_by_topic", {"Subscriptions": found}, {"TopicArn": TOPIC})


def attributes(aws: Aws, **values: str) -> None:
    """Prepare the attributes of the subscription."""
    aws["sns"].add_response("get_subscription_attributes", {"Attributes": values}, {"SubscriptionArn": SUBSCRIPTION})


def test_a_queue_is_subscribed_with_all_attributes_at_once(aws: Aws, run_module: RunModule) -> None:
    listed(aws, (f"{QUEUE}-of-others", SUBSCRIPTION), (QUEUE, "Deleted"))
    aws["sns"].add_response("subscribe", {"SubscriptionArn": SUBSCRIPTION}, SUBSCRIBED)

    assert run_module(**WANTED)["changed"] is True


def test_a_subscription_that_is_as_wanted_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    listed(aws, (QUEUE, SUBSCRIPTION))
    attributes(aws, RawMessageDelivery="true", RedrivePolicy=json.dumps(REDRIVE, indent=1))

    assert run_module(**WANTED)["changed"] is False


def test_only_attributes_that_differ_are_set(aws: Aws, run_module: RunModule) -> None:
    listed(aws, (QUEUE, SUBSCRIPTION))
    attributes(aws, RawMessageDelivery="true")
    asked = {
        "SubscriptionArn": SUBSCRIPTION,
        "AttributeName": "RedrivePolicy",
        "AttributeValue": json.dumps(REDRIVE),
    }
    aws["sns"].add_response("set_subscription_attributes", {}, asked)

    assert run_module(**WANTED)["changed"] is True


def test_check_mode_changes_no_subscription(aws: Aws, run_module: RunModule) -> None:
    listed(aws, (QUEUE, SUBSCRIPTION))
    attributes(aws, RawMessageDelivery="false")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_in_check_mode_a_topic_may_be_missing(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("list_subscriptions_by_topic", "NotFound")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_otherwise_a_missing_topic_is_an_error_that_names_it(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("list_subscriptions_by_topic", "NotFound")

    result = run_module(**WANTED)

    assert result["failed"]
    assert TOPIC in result["msg"]
