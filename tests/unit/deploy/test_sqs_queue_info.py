from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

URL = "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue"


def answer(aws: Aws, url: str, *, waiting: int, delayed: int, in_flight: int) -> None:
    """Prepare the attributes of a queue."""
    depth = {
        "ApproximateNumberOfMessages": str(waiting),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
    }
    aws["sqs"].add_response(
        "get_queue_attributes", {"Attributes": depth}, {"QueueUrl": url, "AttributeNames": [*depth]}
    )


def test_delayed_messages_wait_as_well(aws: Aws, run_module: RunModule) -> None:
    answer(aws, URL, waiting=5, delayed=2, in_flight=3)

    result = run_module(queue_urls=[URL])

    assert (result["depths"], result["changed"]) == ([{"waiting": 7, "in_flight": 3}], False)


def test_several_queues_are_told_apart(aws: Aws, run_module: RunModule) -> None:
    answer(aws, URL, waiting=1, delayed=0, in_flight=0)
    answer(aws, f"{URL}-dead-letters", waiting=0, delayed=0, in_flight=2)

    result = run_module(queue_urls=[URL, f"{URL}-dead-letters"])

    assert result["depths"] == [{"waiting": 1, "in_flight": 0}, {"waiting": 0, "in_flight": 2}]


def test_an_error_names_the_queue(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "QueueDoesNotExist")

    result = run_module(queue_urls=[URL])

    assert result["failed"]
    assert URL in result["msg"]
