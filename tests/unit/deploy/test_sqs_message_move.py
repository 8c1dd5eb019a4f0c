from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.conftest import Aws, RunModule

QUEUE = "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue"
FAILED = f"{QUEUE}-dead-letters"
UNDELIVERED = f"{QUEUE}-undelivered"


def holds(aws: Aws, url: str, waiting: int, in_flight: int = 0) -> None:
    """Prepare the numbers of messages in a queue."""
    counts = {
        "ApproximateNumberOfMessages": str(waiting),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
    }
    aws["sqs"].add_response(
        "get_queue_attributes", {"Attributes": counts}, {"QueueUrl": url, "AttributeNames": [*counts]}
    )


def gives(aws: Aws, url: str, asked: int, *bodies: str) -> None:
    """Prepare the messages that a queue returns if ``asked`` are requested."""
    aws["sqs"].add_response(
        "receive_message",
        {"Messages": [{"Body": body, "ReceiptHandle": f"receipt of {body}"} for body in bodies]},
        {"QueueUrl": url, "MaxNumberOfMessages": asked, "MessageAttributeNames": ["All"], "WaitTimeSeconds": 3},
    )


def takes(aws: Aws, *bodies: str, failing: tuple[int, ...] = ()) -> None:
    """Prepare the answer when messages are sent: all but the failing ones succeed."""
    aws["sqs"].add_response(
        "send_message_batch",
        answers(range(len(bodies)), failing, MessageId="m", MD5OfMessageBody="5"),
        {"QueueUrl": QUEUE, "Entries": [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]},
    )


def deletes(aws: Aws, url: str, entries: dict[int, str], failing: tuple[int, ...] = ()) -> None:
    """Prepare the answer when messages are deleted: all but the failing ones succeed."""
    aws["sqs"].add_response(
        "delete_message_batch",
        answers(entries, failing),
        {
            "QueueUrl": url,
            "Entries": [{"Id": str(i), "ReceiptHandle": f"receipt of {body}"} for i, body in entries.items()],
        },
    )


def answers(numbers: Iterable[int], failing: tuple[int, ...], **fields: str) -> dict[str, Any]:
    """Return the answer to a batch, with these fields for each message that did not fail."""
    return {
        "Successful": [{"Id": str(i), **fields} for i in numbers if i not in failing],
        "Failed": [{"Id": str(i), "Code": "InternalError", "SenderFault": False} for i in failing],
    }


def test_messages_of_all_queues_are_sent_and_then_deleted(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 2)
    holds(aws, UNDELIVERED, 1, in_flight=4)
    gives(aws, FAILED, 2, "a", "b")
    takes(aws, "a", "b")
    deletes(aws, FAILED, {0: "a", 1: "b"})
    gives(aws, UNDELIVERED, 1, "c")
    takes(aws, "c")
    deletes(aws, UNDELIVERED, {0: "c"})

    result = run_module(sources=[FAILED, UNDELIVERED], destination=QUEUE)

    assert result["changed"] is True
    assert result["queues"] == [
        {"url": FAILED, "waiting": 2, "in_flight": 0, "moved": 2},
        {"url": UNDELIVERED, "waiting": 1, "in_flight": 4, "moved": 1},
    ]


def test_a_message_keeps_its_attributes(aws: Aws, run_module: RunModule) -> None:
    attributes = {"kind": {"StringValue": "order", "DataType": "String"}}
    message = {"Body": "a", "ReceiptHandle": "receipt of a", "MessageAttributes": attributes}
    entry = {"Id": "0", "MessageBody": "a", "MessageAttributes": attributes}
    holds(aws, FAILED, 1)
    aws["sqs"].add_response("receive_message", {"Messages": [message]})
    sent = answers([0], (), MessageId="m", MD5OfMessageBody="5")
    aws["sqs"].add_response("send_message_batch", sent, {"QueueUrl": QUEUE, "Entries": [entry]})
    deletes(aws, FAILED, {0: "a"})

    assert run_module(sources=[FAILED], destination=QUEUE)["changed"] is True


def test_no_more_than_ten_are_moved_at_a_time(aws: Aws, run_module: RunModule) -> None:
    bodies = [f"order {number}" for number in range(12)]
    holds(aws, FAILED, 12)
    for asked, part in ((10, bodies[:10]), (2, bodies[10:])):
        gives(aws, FAILED, asked, *part)
        takes(aws, *part)
        deletes(aws, FAILED, dict(enumerate(part)))

    assert run_module(sources=[FAILED], destination=QUEUE)["queues"][0]["moved"] == 12


def test_the_limit_is_for_all_queues_together(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 1)
    holds(aws, UNDELIVERED, 5)
    gives(aws, FAILED, 1, "a")
    takes(aws, "a")
    deletes(aws, FAILED, {0: "a"})
    gives(aws, UNDELIVERED, 2, "b", "c")
    takes(aws, "b", "c")
    deletes(aws, UNDELIVERED, {0: "b", 1: "c"})

    result = run_module(sources=[FAILED, UNDELIVERED], destination=QUEUE, limit=3)

    assert [queue["moved"] for queue in result["queues"]] == [1, 2]


def test_it_ends_if_counted_messages_do_not_arrive(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 3)
    gives(aws, FAILED, 3)

    result = run_module(sources=[FAILED], destination=QUEUE)

    assert (result["changed"], result["queues"][0]["moved"]) == (False, 0)


def test_check_mode_only_counts(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 3)

    result = run_module(sources=[FAILED], destination=QUEUE, _ansible_check_mode=True)

    assert (result["changed"], result["queues"][0]["waiting"]) == (True, 3)


def test_check_mode_without_messages_reports_no_change(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 0)

    assert run_module(sources=[FAILED], destination=QUEUE, _ansible_check_mode=True)["changed"] is False


def test_a_message_that_was_not_sent_is_not_deleted(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 2)
    gives(aws, FAILED, 2, "a", "b")
    takes(aws, "a", "b", failing=(0,))
    deletes(aws, FAILED, {1: "b"})

    result = run_module(sources=[FAILED], destination=QUEUE)

    assert result["failed"]
    assert "1 messages of" in result["msg"]
    assert "could not be sent (InternalError)" in result["msg"]


def test_a_message_that_was_sent_and_not_deleted_is_reported(aws: Aws, run_module: RunModule) -> None:
    holds(aws, FAILED, 1)
    gives(aws, FAILED, 1, "a")
    takes(aws, "a")
    deletes(aws, FAILED, {0: "a"}, failing=(0,))

    result = run_module(sources=[FAILED], destination=QUEUE)

    assert result["failed"]
    assert "in both queues (InternalError)" in result["msg"]


def test_an_error_names_the_queue(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue")

    result = run_module(sources=[FAILED], destination=QUEUE)

    assert result["failed"]
    assert QUEUE in result["msg"]
