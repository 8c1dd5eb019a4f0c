"""FIFO queues."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from probes.behaviours.sources import SQS, SQS_API
from probes.errors import expect_refused
from probes.probe import expect, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from probes.lab import Lab

_LOGIC = f"{SQS}FIFO-queues-understanding-logic.html"
_ONCE = f"{SQS}FIFO-queues-exactly-once-processing.html"
_SEND = f"{SQS_API}API_SendMessage.html"


@probe(_LOGIC)
def a_group_is_in_order(lab: Lab) -> None:
    """The messages of a group are received in the order in which they were sent."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true")
    wanted = [str(number) for number in range(12)]
    for body in wanted:
        queue.send(body, MessageGroupId="group")
    bodies = [message["Body"] for message in queue.collect(len(wanted), 20)]
    expect(bodies == wanted, f"received in the order {bodies}")


@probe(_LOGIC)
def a_group_waits_for_its_messages_in_flight(lab: Lab) -> None:
    """While a message of a group is in flight, no other of that group is received; other groups are."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true", VisibilityTimeout="30")
    queue.send("a1", MessageGroupId="a")
    queue.send("a2", MessageGroupId="a")
    first = queue.receive_within(10, MaxNumberOfMessages=1)
    expect(first and first["Body"] == "a1", f"first: {first and first['Body']}")
    expect(not queue.receive(2), "the second message of the group was received while the first was in flight")
    queue.send("b1", MessageGroupId="b")
    other = queue.receive_within(10, MaxNumberOfMessages=1)
    expect(other and other["Body"] == "b1", f"then: {other and other['Body']}")
    if first:
        queue.delete(first)
    second = queue.receive_within(10)
    expect(second and second["Body"] == "a2", f"after the deletion: {second and second['Body']}")


@probe(_ONCE)
def a_deduplication_id_counts_for_five_minutes(lab: Lab) -> None:
    """A message with the deduplication ID of an earlier one is not delivered, also after that one was deleted."""
    queue = Queue(lab, fifo=True)
    queue.send("first", MessageGroupId="group", MessageDeduplicationId="id")
    found = queue.collect(1, 10)
    expect([message["Body"] for message in found] == ["first"], f"received {found}")
    queue.send("second", MessageGroupId="group", MessageDeduplicationId="id")
    expect(queue.receive_within(3) is None, "the second message was delivered too")


@probe(_ONCE)
def content_can_be_the_deduplication_id(lab: Lab) -> None:
    """With ContentBasedDeduplication, messages with the same body are one."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true")
    for body in ("same", "same", "other"):
        queue.send(body, MessageGroupId="group")
    bodies = [message["Body"] for message in queue.collect(3, 6)]
    expect(bodies == ["same", "other"], f"received {bodies}")


@probe(_SEND)
def a_message_needs_a_group(lab: Lab) -> None:
    """A message to a FIFO queue without MessageGroupId is refused with MissingParameter."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true")
    expect_refused("MissingParameter", queue.send)


@probe(_SEND)
def a_message_needs_a_deduplication_id(lab: Lab) -> None:
    """Without ContentBasedDeduplication, a message needs a MessageDeduplicationId: InvalidParameterValue."""
    queue = Queue(lab, fifo=True)
    expect_refused("InvalidParameterValue", queue.send, MessageGroupId="group")


@probe(_SEND)
def a_message_has_no_delay_of_its_own(lab: Lab) -> None:
    """DelaySeconds of a message to a FIFO queue is refused with InvalidParameterValue."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true")
    expect_refused("InvalidParameterValue", queue.send, MessageGroupId="group", DelaySeconds=2)


@probe(f"{SQS_API}API_DeleteMessage.html", _ONCE)
def an_expired_receipt_does_not_delete(lab: Lab) -> None:
    """After the visibility timeout, a FIFO queue refuses the receipt handle: InvalidParameterValue."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true", VisibilityTimeout="1")
    queue.send(MessageGroupId="group")
    message = queue.receive_within(10)
    expect(message, "a message that was sent is not received")
    lab.wait(2)
    if message:
        expect_refused("InvalidParameterValue", queue.delete, message=message)


@probe(f"{SQS_API}API_CreateQueue.html")
def the_name_ends_with_fifo(lab: Lab) -> None:
    """A FIFO queue whose name does not end with .fifo is refused with InvalidParameterValue."""
    expect_refused("InvalidParameterValue", Queue, lab=lab, FifoQueue="true")


@probe(_SEND)
def sequence_numbers_grow(lab: Lab) -> None:
    """Each message of a group gets a sequence number that is larger than those before, and its receiver sees it."""
    queue = Queue(lab, fifo=True, ContentBasedDeduplication="true")
    numbers = [str(queue.send(str(each), MessageGroupId="group").get("SequenceNumber", "")) for each in range(3)]
    expect(all(number.isdigit() for number in numbers), f"sequence numbers: {numbers}")
    expect(sorted(numbers, key=int) == numbers and len(set(numbers)) == 3, f"sequence numbers: {numbers}")
    began = time.monotonic()
    message = queue.receive_within(10)
    number = message and message["Attributes"].get("SequenceNumber")
    expect(number == numbers[0], f"after {time.monotonic() - began:.0f} s, received with {number}, not {numbers[0]}")
