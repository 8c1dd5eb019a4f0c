import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from orders.processor.metrics import Metrics
from orders.processor.queue import Message
from orders.processor.visibility import VisibilityExtender
from tests.unit.services.fakes import sample
from tests.unit.services.processor.fakes import MemoryQueue
from tests.unit.services.virtual_time import virtual_time


class Harness:
    """An extender with its queue."""

    def __init__(self) -> None:
        self.queue = MemoryQueue(visibility_timeout=30)
        self.metrics = Metrics()
        self.extender = VisibilityExtender(self.queue, 30, self.metrics)
        self.lost: list[Message] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.extender.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def track(self, count: int = 1) -> list[Message]:
        """Receive new messages and track them."""
        self.queue.put(*(f"{n}" for n in range(count)))
        messages: list[Message] = []
        while len(messages) < count:
            messages += await self.queue.receive(10)
        for message in messages:
            self.extender.track(message, partial(self.lost.append, message))
        return messages


@virtual_time
async def test_a_tracked_message_stays_invisible() -> None:
    harness = Harness()
    async with harness.running():
        await harness.track()
        for _ in range(300):
            await asyncio.sleep(1)
            assert harness.queue.visible == []
    assert harness.lost == []


@virtual_time
async def test_a_message_is_extended_when_half_of_its_timeout_is_over() -> None:
    harness = Harness()
    async with harness.running():
        await harness.track()
        await asyncio.sleep(14)
        assert harness.queue.visibility_changes == []
        await asyncio.sleep(2)
        assert harness.queue.visibility_changes == [(15.0, 1, 30)]


@virtual_time
async def test_extensions_are_batched() -> None:
    harness = Harness()
    async with harness.running():
        await harness.track(25)
        await asyncio.sleep(16)
    assert [count for _, count, _ in harness.queue.visibility_changes] == [10, 10, 5]


@virtual_time
async def test_an_untracked_message_becomes_visible_after_its_timeout() -> None:
    harness = Harness()
    async with harness.running():
        (message,) = await harness.track()
        harness.extender.untrack(message)
        await asyncio.sleep(29)
        assert harness.queue.visible == []
        await asyncio.sleep(2)
        assert len(harness.queue.visible) == 1
    assert harness.lost == []


@virtual_time
async def test_no_message_is_lost_when_the_queue_recovers_in_time() -> None:
    harness = Harness()
    async with harness.running():
        await harness.track()
        harness.queue.error = ConnectionError()
        await asyncio.sleep(26)
        harness.queue.error = None
        await asyncio.sleep(100)
        assert harness.queue.visible == []
    assert harness.lost == []


@virtual_time
async def test_a_message_that_becomes_visible_is_reported_lost_once() -> None:
    harness = Harness()
    async with harness.running():
        messages = await harness.track()
        harness.queue.error = ConnectionError()
        await asyncio.sleep(31)
        assert harness.lost == messages
        await asyncio.sleep(100)
    assert harness.lost == messages
    assert sample(harness.metrics, "messages_visibility_lost_total") == 1


@virtual_time
async def test_a_hanging_queue_does_not_delay_the_report_of_a_loss() -> None:
    harness = Harness()
    async with harness.running():
        messages = await harness.track()
        harness.queue.call_seconds = 3600
        await asyncio.sleep(34)
        assert harness.lost == messages


@virtual_time
async def test_a_message_with_an_invalid_receipt_handle_is_reported_lost() -> None:
    harness = Harness()
    async with harness.running():
        deleted, other = await harness.track(2)
        harness.queue.stored[0].deleted = True
        await asyncio.sleep(16)
        assert harness.lost == [deleted]
        await asyncio.sleep(100)
        assert harness.lost == [deleted]
        assert harness.queue.visible == []
        harness.extender.untrack(other)


@virtual_time
async def test_returned_messages_become_visible_after_the_delay() -> None:
    harness = Harness()
    async with harness.running():
        messages = await harness.track(11)
        await harness.extender.return_to_queue(messages[:5], 0)
        assert len(harness.queue.visible) == 5
        await harness.extender.return_to_queue(messages[5:], 7)
        await asyncio.sleep(6)
        assert len(harness.queue.visible) == 5
        await asyncio.sleep(2)
        assert len(harness.queue.visible) == 11
        await asyncio.sleep(60)
    assert harness.lost == []


@virtual_time
async def test_messages_that_cannot_be_returned_become_visible_after_their_timeout() -> None:
    harness = Harness()
    async with harness.running():
        messages = await harness.track()
        harness.queue.error = ConnectionError()
        await harness.extender.return_to_queue(messages, 0)
        assert harness.queue.visible == []
        await asyncio.sleep(31)
        assert len(harness.queue.visible) == 1


@virtual_time
async def test_a_message_untracked_during_its_extension_is_not_reported_lost() -> None:
    harness = Harness()
    async with harness.running():
        (message,) = await harness.track()
        harness.queue.stored[0].deleted = True
        harness.queue.call_seconds = 2
        await asyncio.sleep(16)
        harness.extender.untrack(message)
        await asyncio.sleep(100)
    assert harness.lost == []
    assert sample(harness.metrics, "messages_visibility_lost_total") == 0
