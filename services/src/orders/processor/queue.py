"""The queue from which orders are received: its interface, and the implementation for SQS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orders.aws import Client, Failure, batch_results

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
        self._receive_client = receive_client
        self._client = client
        self._url = url
        self._visibility_timeout = visibility_timeout

    async def receive(self, max_messages: int) -> Sequence[Message]:
        """Receive messages in one ReceiveMessage call."""
        response = await self._receive_client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=max_messages,
            VisibilityTimeout=self._visibility_timeout,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Message(
                message["MessageId"],
                message["ReceiptHandle"],
                message["Body"],
                int(message["Attributes"]["ApproximateReceiveCount"]),
            )
            for message in response.get("Messages", ())
        ]

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        """Delete messages in one DeleteMessageBatch call."""
        response = await self._client.delete_message_batch(
            QueueUrl=self._url,
            Entries=[{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(receipt_handles)],
        )
        return batch_results(response, len(receipt_handles))

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        """Change the visibility timeout of messages in one ChangeMessageVisibilityBatch call."""
        response = await self._client.change_message_visibility_batch(
            QueueUrl=self._url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": visibility_timeout}
                for index, handle in enumerate(receipt_handles)
            ],
        )
        return batch_results(response, len(receipt_handles))
