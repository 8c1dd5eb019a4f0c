"""Receive full batches and delete them, with nothing but aiobotocore's client: what a processor without orders does.

The command line names the number of messages, and how many loops of a receive call and a delete call there are.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

import uvloop

from orders.aws import MAX_BATCH_ENTRIES, Failure, batch_results, create_client
from orders.processor.queue import Message
from orders.processor.settings import Settings
from orders.settings import read_or_exit
from tests.bench.services.counted import CountedQueue

if TYPE_CHECKING:
    from collections.abc import Sequence


class ClientQueue:
    """An SQS queue, by the methods of the client."""

    def __init__(self, client: Any, url: str) -> None:  # noqa: ANN401  # botocore creates its classes at runtime
        """Use the queue `url`."""
        self._client = client
        self._url = url

    async def receive(self, max_messages: int) -> Sequence[Message]:
        """Receive messages."""
        response = await self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=max_messages)
        return [
            Message(each["MessageId"], each["ReceiptHandle"], each["Body"], 1) for each in response.get("Messages", ())
        ]

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        """Delete messages."""
        entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(receipt_handles)]
        response = await self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)
        return batch_results(response, len(entries))

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        """Do nothing: there is no payment to wait for."""
        raise NotImplementedError


async def consume(settings: Settings, messages: int, loops: int) -> None:
    """Delete that many messages in that many loops, and write what it took."""
    empty = asyncio.Event()
    async with create_client(
        "sqs", region_name=settings.aws_region, max_pool_connections=loops, read_timeout=25
    ) as client:
        queue = CountedQueue(ClientQueue(client, settings.sqs_queue_url), messages, empty.set)

        async def poll() -> None:
            while not empty.is_set():
                received = await queue.receive(MAX_BATCH_ENTRIES)
                if received:
                    await queue.delete([message.receipt_handle for message in received])

        await asyncio.gather(*(poll() for _ in range(loops)))
    queue.write()


if __name__ == "__main__":
    uvloop.run(consume(read_or_exit(Settings, os.environ), int(sys.argv[1]), int(sys.argv[2])))
