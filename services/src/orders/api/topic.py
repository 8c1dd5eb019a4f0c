"""The topic that orders are published to: the seam, and SNS behind it."""

from collections.abc import Sequence
from typing import Protocol

from orders.aws import Client, Failure, outcomes


class Topic(Protocol):
    """Takes messages for its subscribers."""

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Publish up to 10 UTF-8 messages, 262,144 bytes together; give each one's failure, or None for success.

        May raise anything when the call as a whole fails; the messages may have been published even so.
        """


class SnsTopic:
    """An SNS topic."""

    def __init__(self, client: Client, arn: str) -> None:
        """Publish to `arn` through an SNS client."""
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
        return outcomes(response, len(messages))
