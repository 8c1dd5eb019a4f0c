"""The topic to which orders are published: its interface, and the implementation for SNS."""

from collections.abc import Sequence
from typing import Protocol

from orders.aws import Client, Failure, batch_results


class Topic(Protocol):
    """Delivers messages to its subscribers."""

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Publish up to 10 messages of ASCII text, 262,144 bytes in total.

        Returns one result per message, in the messages' order: a failure, or None for success. May raise any exception
        if the whole call failed; the messages may have been published nevertheless.
        """


class SnsTopic:
    """An SNS topic."""

    def __init__(self, client: Client, arn: str) -> None:
        """Publish to the topic `arn` with an SNS client."""
        self._client = client
        self._arn = arn

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Publish the messages in one PublishBatch call."""
        response = await self._client.publish_batch(
            TopicArn=self._arn,
            PublishBatchRequestEntries=[
                {"Id": str(index), "Message": message.decode()} for index, message in enumerate(messages)
            ],
        )
        return batch_results(response, len(messages))
