from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

URL = "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue"


def test_delayed_messages_wait_as_well(aws: Aws, run_module: RunModule) -> None:
    depth = {
        "ApproximateNumberOfMessages": "5",
        "ApproximateNumberOfMessagesDelayed": "2",
        "ApproximateNumberOfMessagesNotVisible": "3",
    }
    aws["sqs"].add_response(
        "get_queue_attributes", {"Attributes": depth}, {"QueueUrl": URL, "AttributeNames": [*depth]}
    )

    result = run_module(queue_url=URL)

    assert (result["waiting"], result["in_flight"], result["changed"]) == (7, 3, False)


def test_an_error_names_the_queue(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "QueueDoesNotExist")

    result = run_module(queue_url=URL)

    assert result["failed"]
    assert URL in result["msg"]
