"""Receiving and deleting messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from probes.behaviours.sources import SQS, SQS_API
from probes.errors import expect_refused, refusal
from probes.probe import LATE_SECONDS, expect, expect_time, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from probes.lab import Lab

_RECEIVE = f"{SQS_API}API_ReceiveMessage.html"
_DELETE = f"{SQS_API}API_DeleteMessage.html"
_POLLING = f"{SQS}sqs-short-and-long-polling.html"
_QUEUE = "services/src/orders/processor/queue.py"


@probe(_POLLING, used_by=_QUEUE)
def a_long_poll_ends_with_the_first_message(lab: Lab) -> None:
    """A long poll ends as soon as a message arrives."""
    queue = Queue(lab)
    queue.expect_to_end_a_long_poll(queue.send)


@probe(_POLLING, used_by=_QUEUE)
def a_long_poll_waits_for_its_time(lab: Lab) -> None:
    """A long poll of an empty queue lasts for its wait time, and is no error."""
    queue = Queue(lab)
    began = time.monotonic()
    received = queue.receive(4)
    took = time.monotonic() - began
    expect(received == [], f"received {received}")
    expect_time("ended", 4, took, took)


@probe(_POLLING, used_by="roles/messaging/defaults/main.yml")
def a_queue_has_a_wait_time(lab: Lab) -> None:
    """Without a wait time in the request, that of the queue holds."""
    queue = Queue(lab, ReceiveMessageWaitTimeSeconds="4")
    began = time.monotonic()
    queue.client.receive_message(QueueUrl=queue.url)
    took = time.monotonic() - began
    expect_time("ended", 4, took, took)


@probe(_RECEIVE)
def a_wait_of_more_than_twenty_seconds_is_refused(lab: Lab) -> None:
    """A wait time of more than 20 seconds is refused with InvalidParameterValue."""
    queue = Queue(lab)
    expect_refused("InvalidParameterValue", queue.client.receive_message, QueueUrl=queue.url, WaitTimeSeconds=21)


@probe(_RECEIVE, used_by="services/src/orders/processor/consumer.py")
def more_than_ten_messages_are_refused(lab: Lab) -> None:
    """A receive request for more than 10 messages is refused with InvalidParameterValue."""
    queue = Queue(lab)
    expect_refused("InvalidParameterValue", queue.client.receive_message, QueueUrl=queue.url, MaxNumberOfMessages=11)


@probe(_RECEIVE, used_by=_QUEUE)
def each_receive_is_counted(lab: Lab) -> None:
    """ApproximateReceiveCount is 1 at the first delivery, and grows by one with each."""
    queue = Queue(lab, VisibilityTimeout="0")
    queue.send()
    counts = [queue.received()["Attributes"].get("ApproximateReceiveCount") for _ in range(3)]
    expect(counts == ["1", "2", "3"], f"counted {counts}")


@probe(_RECEIVE)
def a_message_knows_its_times(lab: Lab) -> None:
    """SentTimestamp and ApproximateFirstReceiveTimestamp are in milliseconds, and stay with further receives."""
    queue = Queue(lab, VisibilityTimeout="1")
    before = time.time()
    queue.send()
    first = queue.received()["Attributes"]
    lab.wait(2)
    second = queue.received()["Attributes"]
    names = ("SentTimestamp", "ApproximateFirstReceiveTimestamp")
    expect(all(name in first for name in names), f"attributes are {sorted(first)}")
    expect(abs(int(first["SentTimestamp"]) / 1000 - before) < 60, f"SentTimestamp is {first['SentTimestamp']}")
    expect(all(first[name] == second.get(name) for name in names), f"first {first}, then {second}")


@probe(_RECEIVE, used_by=_QUEUE)
def only_the_attributes_that_are_asked_for(lab: Lab) -> None:
    """A message has the system attributes and message attributes that the request names, and no others."""
    queue = Queue(lab, VisibilityTimeout="0")
    text = {"DataType": "String", "StringValue": "x"}
    queue.send(MessageAttributes={"wanted": text, "unwanted": text})
    plain = queue.received(MessageSystemAttributeNames=[])
    expect("Attributes" not in plain and "MessageAttributes" not in plain, f"without a request: {sorted(plain)}")
    asked = queue.received(MessageSystemAttributeNames=["ApproximateReceiveCount"], MessageAttributeNames=["wanted"])
    expect(sorted(asked.get("Attributes", {})) == ["ApproximateReceiveCount"], f"system: {asked.get('Attributes')}")
    expect(sorted(asked.get("MessageAttributes", {})) == ["wanted"], f"message: {asked.get('MessageAttributes')}")


@probe(_DELETE, used_by=_QUEUE)
def a_deleted_message_is_gone(lab: Lab) -> None:
    """A message that was deleted is not delivered again, whatever its visibility timeout."""
    queue = Queue(lab, VisibilityTimeout="2")
    queue.send()
    queue.delete(queue.received())
    expect(queue.receive_within(5) is None, "the message was received again")


@probe(_DELETE, used_by="services/src/orders/processor/handler.py")
def deleting_twice_succeeds(lab: Lab) -> None:
    """A second deletion with the same receipt handle succeeds."""
    queue = Queue(lab)
    queue.send()
    message = queue.received()
    queue.delete(message)
    code = refusal(queue.client.delete_message, QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
    expect(not code, f"refused with {code}")


@probe(_DELETE, used_by="services/src/orders/processor/handler.py")
def an_outdated_receipt_is_no_error(lab: Lab) -> None:
    """Deleting with the receipt handle of an earlier delivery succeeds, though it need not delete the message."""
    queue = Queue(lab, VisibilityTimeout="1")
    queue.send()
    first = queue.received()
    lab.wait(2)
    queue.received(VisibilityTimeout=30)
    code = refusal(queue.client.delete_message, QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"])
    expect(not code, f"refused with {code}")


@probe(_DELETE)
def deletes_after_the_timeout_while_nobody_received_it(lab: Lab) -> None:
    """A standard queue deletes a message by its latest receipt handle, also after its visibility timeout ended."""
    queue = Queue(lab, VisibilityTimeout="1")
    queue.send()
    message = queue.received()
    lab.wait(2)
    queue.delete(message)
    expect(queue.receive_within(4) is None, "the message was received again")


@probe(_DELETE)
def a_receipt_that_is_none_is_refused(lab: Lab) -> None:
    """Deleting with what is no receipt handle is refused with ReceiptHandleIsInvalid."""
    queue = Queue(lab)
    expect_refused(
        "ReceiptHandleIsInvalid", queue.client.delete_message, QueueUrl=queue.url, ReceiptHandle="no-receipt"
    )


@probe(f"{SQS_API}API_DeleteMessageBatch.html", used_by=_QUEUE)
def a_batch_of_deletions_fails_by_entry(lab: Lab) -> None:
    """In a batch, a bad receipt handle fails its own entry with ReceiptHandleIsInvalid, and no other."""
    queue = Queue(lab)
    queue.send()
    message = queue.received()
    answer = queue.client.delete_message_batch(
        QueueUrl=queue.url,
        Entries=[
            {"Id": "good", "ReceiptHandle": message["ReceiptHandle"]},
            {"Id": "bad", "ReceiptHandle": "no-receipt"},
        ],
    )
    expect([each["Id"] for each in answer.get("Successful", [])] == ["good"], f"successful: {answer.get('Successful')}")
    failed = [(each["Id"], each["Code"], each.get("SenderFault")) for each in answer.get("Failed", [])]
    expect(failed == [("bad", "ReceiptHandleIsInvalid", True)], f"failed: {failed}")


@probe(f"{SQS_API}API_GetQueueAttributes.html", used_by="loadtest/src/loadtest/observe/queue.py", seconds=120)
def the_counts_add_up(lab: Lab) -> None:
    """The approximate numbers of visible, hidden and delayed messages are right, at the latest after a minute."""
    queue = Queue(lab, VisibilityTimeout="300")
    for _ in range(3):
        queue.send()
    queue.send(DelaySeconds=300)
    queue.received()
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]

    def counts() -> list[str | None]:
        found = queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names).get("Attributes", {})
        return [found.get(name) for name in names]

    lab.settles(lambda: counts() == ["2", "1", "1"], LATE_SECONDS)
    expect(counts() == ["2", "1", "1"], f"visible, hidden and delayed: {counts()}, not 2, 1 and 1")
