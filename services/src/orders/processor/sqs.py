"""The queue as SQS serves it."""

from collections.abc import Sequence

from orders.aws import Client, Failure, outcomes
from orders.processor.queue import Message

LONGEST_POLL_SECONDS = 20
"""What SQS allows; how long a receive really waits is an attribute of the queue."""


class SqsQueue:
    """An SQS queue.

    A long poll holds its connection while it waits, so receiving has a client of its own and never delays the rest.
    """

    def __init__(self, receiver: Client, client: Client, url: str, visibility_timeout: int) -> None:
        """Receive through `receiver`, do the rest through `client`; messages are invisible for `visibility_timeout`."""
        self._receiver = receiver
        self._client = client
        self._url = url
        self._visibility_timeout = visibility_timeout

    async def receive(self, limit: int) -> Sequence[Message]:
        """Long-poll for up to `limit` messages, for as long as the queue says."""
        response = await self._receiver.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=limit,
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
        return outcomes(response, len(receipt_handles))

    async def change_visibility(self, receipt_handles: Sequence[str], seconds: int) -> Sequence[Failure | None]:
        """Set the messages' visibility timeout in one ChangeMessageVisibilityBatch call."""
        response = await self._client.change_message_visibility_batch(
            QueueUrl=self._url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
                for index, handle in enumerate(receipt_handles)
            ],
        )
        return outcomes(response, len(receipt_handles))
