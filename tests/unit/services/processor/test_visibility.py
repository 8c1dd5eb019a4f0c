import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from orders.processor.metrics import Metrics
from orders.processor.queue import Message
from orders.processor.visibility import VisibilityKeeper
from tests.unit.services.processor.fakes import MemoryQueue
from tests.unit.services.virtual_time import virtual_time


class Bench:
    """A keeper at work on a queue."""

    def __init__(self) -> None:
        self.queue = MemoryQueue(visibility=30)
        self.metrics = Metrics()
        self.keeper = VisibilityKeeper(self.queue, 30, self.metrics)
        self.lost: list[Message] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.keeper.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def hold(self, count: int = 1) -> list[Message]:
        self.queue.put(*(f"{n}" for n in range(count)))
        messages: list[Message] = []
        while len(messages) < count:
            messages += await self.queue.receive(10)
        for message in messages:
            self.keeper.hold(message, self._note(message))
        return messages

    def _note(self, message: Message) -> Callable[[], None]:
        return lambda: self.lost.append(message)

    @property
    def visible(self) -> int:
        return len(self.queue._visible())  # noqa: SLF001  # what a receiver would get

    @property
    def counted(self) -> float | None:
        return self.metrics.registry.get_sample_value("messages_visibility_lost_total")


@virtual_time
async def test_a_message_stays_invisible_for_as_long_as_it_is_held() -> None:
    bench = Bench()
    async with bench.running():
        await bench.hold()
        for _ in range(300):
            await asyncio.sleep(1)
            assert bench.visible == 0
    assert bench.lost == []


@virtual_time
async def test_a_message_is_not_extended_before_half_of_its_time_is_over() -> None:
    bench = Bench()
    async with bench.running():
        await bench.hold()
        await asyncio.sleep(14)
        assert bench.queue.changes == []
        await asyncio.sleep(2)
        assert bench.queue.changes == [(15.0, 1, 30)]


@virtual_time
async def test_extensions_go_in_batches_of_ten() -> None:
    bench = Bench()
    async with bench.running():
        await bench.hold(25)
        await asyncio.sleep(16)
    assert [count for _, count, _ in bench.queue.changes] == [10, 10, 5]


@virtual_time
async def test_a_dropped_message_comes_back_when_its_time_is_over() -> None:
    bench = Bench()
    async with bench.running():
        (message,) = await bench.hold()
        bench.keeper.drop(message)
        await asyncio.sleep(29)
        assert bench.visible == 0
        await asyncio.sleep(2)
        assert bench.visible == 1
    assert bench.lost == []


@virtual_time
async def test_a_queue_that_is_away_for_a_while_loses_nothing() -> None:
    bench = Bench()
    async with bench.running():
        await bench.hold()
        bench.queue.away = ConnectionError()
        await asyncio.sleep(26)
        bench.queue.away = None
        await asyncio.sleep(100)
        assert bench.visible == 0
    assert bench.lost == []


@virtual_time
async def test_a_message_whose_time_is_over_is_lost_once() -> None:
    bench = Bench()
    async with bench.running():
        messages = await bench.hold()
        bench.queue.away = ConnectionError()
        await asyncio.sleep(31)
        assert bench.lost == messages
        await asyncio.sleep(100)
    assert bench.lost == messages
    assert bench.counted == 1


@virtual_time
async def test_a_queue_that_hangs_delays_no_loss() -> None:
    bench = Bench()
    async with bench.running():
        messages = await bench.hold()
        bench.queue.delay = 3600
        await asyncio.sleep(34)
        assert bench.lost == messages


@virtual_time
async def test_a_message_that_the_queue_does_not_know_is_lost() -> None:
    bench = Bench()
    async with bench.running():
        held, other = await bench.hold(2)
        bench.queue.stored[0].deleted = True
        await asyncio.sleep(16)
        assert bench.lost == [held]
        await asyncio.sleep(100)
        assert bench.lost == [held]
        assert bench.visible == 0
        bench.keeper.drop(other)


@virtual_time
async def test_handed_back_messages_become_visible_when_asked() -> None:
    bench = Bench()
    async with bench.running():
        messages = await bench.hold(11)
        await bench.keeper.hand_back(messages[:5], 0)
        assert bench.visible == 5
        await bench.keeper.hand_back(messages[5:], 7)
        await asyncio.sleep(6)
        assert bench.visible == 5
        await asyncio.sleep(2)
        assert bench.visible == 11
        await asyncio.sleep(60)
    assert bench.lost == []


@virtual_time
async def test_messages_that_cannot_be_handed_back_come_back_when_their_time_is_over() -> None:
    bench = Bench()
    async with bench.running():
        messages = await bench.hold()
        bench.queue.away = ConnectionError()
        await bench.keeper.hand_back(messages, 0)
        assert bench.visible == 0
        await asyncio.sleep(31)
        assert bench.visible == 1


@virtual_time
async def test_a_message_dropped_while_it_is_extended_is_not_lost() -> None:
    bench = Bench()
    async with bench.running():
        (message,) = await bench.hold()
        bench.queue.stored[0].deleted = True
        bench.queue.delay = 2
        await asyncio.sleep(16)
        bench.keeper.drop(message)
        await asyncio.sleep(100)
    assert bench.lost == []
    assert bench.counted == 0
