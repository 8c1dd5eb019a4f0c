"""Sending messages: sizes, characters, attributes, batches, delays."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from probes.behaviours.sources import SQS, SQS_API
from probes.errors import expect_refused, refusal
from probes.probe import expect, expect_time, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from probes.lab import Lab

_SEND = f"{SQS_API}API_SendMessage.html"
_BATCH = f"{SQS_API}API_SendMessageBatch.html"
_QUOTAS = f"{SQS}quotas-messages.html"
_METADATA = f"{SQS}sqs-message-metadata.html"
_LARGEST = 1024 * 1024


@probe(_QUOTAS, _SEND)
def one_mebibyte_is_accepted(lab: Lab) -> None:
    """A message of 1 MiB is accepted (since August 2025; it was 256 KiB before)."""
    queue = Queue(lab)
    code = refusal(queue.send, body="a" * _LARGEST)
    expect(not code, f"refused with {code}")


@probe(_QUOTAS, _SEND)
def more_than_one_mebibyte_is_refused(lab: Lab) -> None:
    """A message of more than 1 MiB is refused with InvalidParameterValue."""
    queue = Queue(lab)
    expect_refused("InvalidParameterValue", queue.send, body="a" * (_LARGEST + 1))


@probe(_METADATA, _QUOTAS)
def attributes_count_towards_the_size(lab: Lab) -> None:
    """The names, types and values of message attributes count towards the size of a message."""
    queue = Queue(lab)
    attribute = {"attribute": {"DataType": "String", "StringValue": "x" * 100}}
    expect_refused("InvalidParameterValue", queue.send, body="a" * (_LARGEST - 50), MessageAttributes=attribute)


@probe(f"{SQS_API}API_SetQueueAttributes.html")
def a_queue_can_have_a_smaller_limit(lab: Lab) -> None:
    """MaximumMessageSize limits the messages of a queue."""
    queue = Queue(lab, MaximumMessageSize="1024")
    code = refusal(queue.send, body="a" * 1024)
    expect(not code, f"1,024 bytes are refused with {code}")
    expect_refused("InvalidParameterValue", queue.send, body="a" * 1025)


@probe(_BATCH, _QUOTAS)
def a_batch_has_one_mebibyte_in_all(lab: Lab) -> None:
    """A batch whose messages are longer than 1 MiB together is refused with BatchRequestTooLong."""
    queue = Queue(lab)
    entries = [{"Id": str(number), "MessageBody": "a" * (600 * 1024)} for number in range(2)]
    expect_refused("BatchRequestTooLong", queue.client.send_message_batch, QueueUrl=queue.url, Entries=entries)


@probe(_BATCH)
def a_batch_fails_by_entry(lab: Lab) -> None:
    """In a batch, a message with a refused character fails its own entry, with InvalidMessageContents."""
    queue = Queue(lab)
    entries = [{"Id": "good", "MessageBody": "good"}, {"Id": "bad", "MessageBody": "\x01"}]
    answer = queue.client.send_message_batch(QueueUrl=queue.url, Entries=entries)
    expect([each["Id"] for each in answer.get("Successful", [])] == ["good"], f"successful: {answer.get('Successful')}")
    failed = [(each["Id"], each["Code"], each.get("SenderFault")) for each in answer.get("Failed", [])]
    expect(failed == [("bad", "InvalidMessageContents", True)], f"failed: {failed}")


@probe(_BATCH)
def a_batch_of_eleven_is_refused(lab: Lab) -> None:
    """A batch of more than 10 messages is refused with TooManyEntriesInBatchRequest."""
    queue = Queue(lab)
    entries = [{"Id": str(number), "MessageBody": "hello"} for number in range(11)]
    expect_refused("TooManyEntriesInBatchRequest", queue.client.send_message_batch, QueueUrl=queue.url, Entries=entries)


@probe(_BATCH)
def an_empty_batch_is_refused(lab: Lab) -> None:
    """A batch without entries is refused with EmptyBatchRequest."""
    queue = Queue(lab)
    expect_refused("EmptyBatchRequest", queue.client.send_message_batch, QueueUrl=queue.url, Entries=[])


@probe(_BATCH)
def entries_of_a_batch_have_different_ids(lab: Lab) -> None:
    """A batch in which two entries have the same Id is refused with BatchEntryIdsNotDistinct."""
    queue = Queue(lab)
    entries = [{"Id": "same", "MessageBody": "hello"}] * 2
    expect_refused("BatchEntryIdsNotDistinct", queue.client.send_message_batch, QueueUrl=queue.url, Entries=entries)


@probe(_BATCH)
def an_id_of_a_batch_has_plain_characters(lab: Lab) -> None:
    """An Id with other characters than letters, digits, hyphens and underscores is refused with InvalidBatchEntryId."""
    queue = Queue(lab)
    entries = [{"Id": "a:b", "MessageBody": "hello"}]
    expect_refused("InvalidBatchEntryId", queue.client.send_message_batch, QueueUrl=queue.url, Entries=entries)


@probe(_SEND, used_by="services/src/orders/api/topic.py")
def control_characters_are_refused(lab: Lab) -> None:
    """A message with a control character is refused with InvalidMessageContents."""
    queue = Queue(lab)
    expect_refused("InvalidMessageContents", queue.send, body="vertical tab: \x0b")


@probe(_SEND, used_by="services/src/orders/api/topic.py")
def noncharacters_are_refused(lab: Lab) -> None:
    """A message with U+FFFE or U+FFFF, which are no characters of XML, is refused with InvalidMessageContents."""
    queue = Queue(lab)
    expect_refused("InvalidMessageContents", queue.send, body="\uffff")


@probe(_SEND)
def all_other_characters_arrive(lab: Lab) -> None:
    """Tabs, line breaks, and characters up to U+10FFFF arrive as they were sent."""
    queue = Queue(lab)
    body = 'tab\t, line\n, return\r, umlaut \u00e4, \ud7ff, \ue000, \ufffd, \U0001f4e6, \U0010ffff, <xml> & "quotes"'
    queue.send(body)
    message = queue.receive_within(10)
    expect(message and message["Body"] == body, f"received {message and message['Body']!r}")


@probe(_SEND)
def an_empty_message_is_refused(lab: Lab) -> None:
    """A message without a character is refused with MissingParameter."""
    queue = Queue(lab)
    expect_refused("MissingParameter", queue.send, body="")


@probe(_METADATA, _SEND)
def digests_are_of_body_and_attributes(lab: Lab) -> None:
    """MD5OfMessageBody and MD5OfMessageAttributes are digests that the sender can check, and the receiver too."""
    queue = Queue(lab)
    attributes: dict[str, dict[str, Any]] = {
        "binary": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        "number": {"DataType": "Number", "StringValue": "1.5"},
        "text": {"DataType": "String.custom", "StringValue": "\u00e4"},
    }
    # Of each attribute, by name: length and bytes of name and type, the kind of value, its length and bytes.
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        value = attribute.get("BinaryValue") or attribute["StringValue"].encode()
        for part in (name.encode(), attribute["DataType"].encode()):
            digest.update(len(part).to_bytes(4) + part)
        digest.update((b"\x02" if "BinaryValue" in attribute else b"\x01") + len(value).to_bytes(4) + value)
    sent = queue.send("h\u00e4llo", MessageAttributes=attributes)
    body = hashlib.md5("h\u00e4llo".encode(), usedforsecurity=False).hexdigest()
    expect(sent.get("MD5OfMessageBody") == body, f"of the body: {sent.get('MD5OfMessageBody')}, not {body}")
    found = sent.get("MD5OfMessageAttributes")
    expect(found == digest.hexdigest(), f"of the attributes: {found}, not {digest.hexdigest()}")
    received = queue.receive_within(10, MessageAttributeNames=["All"])
    expect(received and received.get("MD5OfMessageAttributes") == digest.hexdigest(), f"received {received}")


@probe(_METADATA)
def eleven_attributes_are_refused(lab: Lab) -> None:
    """A message can have 10 attributes; more are refused with InvalidParameterValue."""
    queue = Queue(lab)
    attributes = {f"attribute-{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)}
    expect_refused("InvalidParameterValue", queue.send, MessageAttributes=attributes)


@probe(_METADATA)
def names_that_aws_reserves_are_refused(lab: Lab) -> None:
    """An attribute whose name begins with AWS. or Amazon. is refused with InvalidParameterValue."""
    queue = Queue(lab)
    attributes = {"AWS.attribute": {"DataType": "String", "StringValue": "x"}}
    expect_refused("InvalidParameterValue", queue.send, MessageAttributes=attributes)


@probe(f"{SQS}sqs-delay-queues.html", f"{SQS}sqs-message-timers.html")
def a_delay_of_a_message_replaces_that_of_the_queue(lab: Lab) -> None:
    """A message waits for the delay in its request, and otherwise for that of the queue."""
    queue = Queue(lab, DelaySeconds="3", VisibilityTimeout="60")
    began = time.monotonic()
    queue.send("with the delay of the queue")
    counted = time.monotonic()
    queue.send("without a delay", DelaySeconds=0)
    first = queue.receive_within(10)
    expect(first and first["Body"] == "without a delay", f"first received: {first and first['Body']}")
    second = queue.receive_within(15)
    now = time.monotonic()
    expect(second, "a message with a delay of 3 s is not received within 15 s")
    expect_time("received", 3, now - counted, now - began)


@probe(_SEND)
def a_delay_of_more_than_fifteen_minutes_is_refused(lab: Lab) -> None:
    """A delay of more than 900 seconds is refused with InvalidParameterValue."""
    queue = Queue(lab)
    expect_refused("InvalidParameterValue", queue.send, DelaySeconds=901)


@probe(f"{SQS}sqs-fair-queues.html", _SEND)
def a_standard_queue_takes_message_groups(lab: Lab) -> None:
    """A message of a standard queue can have a MessageGroupId (since July 2025), which its receiver sees."""
    queue = Queue(lab)
    queue.send(MessageGroupId="tenant-1")
    message = queue.receive_within(10)
    group = message and message["Attributes"].get("MessageGroupId")
    expect(group == "tenant-1", f"received with the group {group}")
