"""Tests of the queue that counts its calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orders.aws import Failure
from orders.processor.queue import Message
from tests.bench.services.counted import CountedQueue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest


class MemoryQueue:
    """A queue of two messages at a time, whose first deletion fails."""

    def __init__(self) -> None:
        self.failures: list[Failure | None] = [Failure("InternalError", sender_fault=False)]

    async def receive(self, max_messages: int) -> Sequence[Message]:
        return [Message("id", "handle", "", 1)] * min(max_messages, 2)

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        return [self.failures.pop() if self.failures else None for _ in receipt_handles]

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        return [None] * (len(receipt_handles) if visibility_timeout else 0)


async def test_calls_are_counted_until_all_messages_are_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    ends: list[str] = []
    queue = CountedQueue(MemoryQueue(), 3, lambda: ends.append("empty"))

    while not ends:
        received = await queue.receive(10)
        await queue.change_visibility(["handle"], 30)
        await queue.delete([message.receipt_handle for message in received])
    await queue.receive(10)  # of another poller, which did not know
    queue.write()

    measured = json.loads(capsys.readouterr().err)
    assert measured["calls"] == {"ReceiveMessage": 2, "ChangeMessageVisibilityBatch": 2, "DeleteMessageBatch": 2}
    assert measured["seconds"] > 0
    assert measured["cpu_seconds"] >= 0
    assert ends == ["empty"]
