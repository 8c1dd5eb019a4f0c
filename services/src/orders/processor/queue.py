"""The queue from which orders are received: its interface, and the implementation for SQS."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from orders.aws import Client, Failure, batch_results
from orders.transport import Operation

MAX_POLL_SECONDS = 20
"""The longest long poll that SQS allows. The queue's attribute `ReceiveMessageWaitTimeSeconds` sets the actual one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery of a message. Each delivery has a receipt handle of its own."""

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int
    """The number of deliveries of the message, including this one."""


class Queue(Protocol):
    """Delivers messages. A message is delivered again when its visibility timeout ends before it is deleted.

    Each method may raise any exception if the whole call failed. `delete` and `change_visibility` take up to 10 receipt
    handles and return one result for each, in their order: a failure, or None for success.
    """

    async def receive(self, max_messages: int) -> Sequence[Message]:
        """Wait for messages, for as long as the queue's long poll, and return up to `max_messages` (1 to 10)."""

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        """Delete messages."""

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        """Make messages visible `visibility_timeout` seconds from now."""


class SqsQueue:
    """An SQS queue."""

    def __init__(self, receive_client: Client, client: Client, url: str, visibility_timeout: int) -> None:
        """Use the queue `url`; received messages are invisible for `visibility_timeout` seconds.

        A long poll occupies a connection while it waits. Receive calls therefore have a client of their own, so that
        they do not delay other calls.
        """
        self._receive_message = Operation(receive_client, "ReceiveMessage")
        self._delete_message_batch = Operation(client, "DeleteMessageBatch")
        self._change_message_visibility_batch = Operation(client, "ChangeMessageVisibilityBatch")
        self._url = url
        self._visibility_timeout = visibility_timeout

    async def receive(self, max_messages: int) -> Sequence[Message]:
        """Receive messages in one ReceiveMessage call."""
        response = await self._receive_message(
            _write(
                {
                    "QueueUrl": self._url,
                    "MaxNumberOfMessages": max_messages,
                    "VisibilityTimeout": self._visibility_timeout,
                    "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
                }
            )
        )
        return read_messages(response)

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        """Delete messages in one DeleteMessageBatch call."""
        entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(receipt_handles)]
        response = await self._delete_message_batch(_write({"QueueUrl": self._url, "Entries": entries}))
        return batch_results(read_json(response), len(receipt_handles))

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        """Change the visibility timeout of messages in one ChangeMessageVisibilityBatch call."""
        entries = [
            {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": visibility_timeout}
            for index, handle in enumerate(receipt_handles)
        ]
        response = await self._change_message_visibility_batch(_write({"QueueUrl": self._url, "Entries": entries}))
        return batch_results(read_json(response), len(receipt_handles))


class _Attributes(msgspec.Struct, rename="pascal"):
    approximate_receive_count: str


class _Message(msgspec.Struct, rename="pascal"):
    message_id: str
    receipt_handle: str
    body: str
    attributes: _Attributes


class _ReceiveMessageResponse(msgspec.Struct, rename="pascal"):
    messages: list[_Message] | None = None


def read_messages(response: bytes) -> Sequence[Message]:
    """Read the messages of a ReceiveMessage response.

    Raises `ValueError` if it is not JSON, and `msgspec.ValidationError` if it is no such response.
    """
    answer = msgspec.convert(read_json(response), _ReceiveMessageResponse)
    return [
        Message(
            message.message_id,
            message.receipt_handle,
            message.body,
            int(message.attributes.approximate_receive_count),
        )
        for message in answer.messages or ()
    ]


def read_json(response: bytes) -> object:
    """Read JSON as botocore does: nothing is an empty object, and a lone surrogate in a message is no error for all.

    Raises `ValueError` if it is not JSON. botocore would take that for an empty object, too.
    """
    return json.loads(response.decode()) if response else {}


def _write(parameters: object) -> bytes:
    return json.dumps(parameters).encode("ascii")
