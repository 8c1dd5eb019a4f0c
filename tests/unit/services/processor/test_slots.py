import asyncio

from orders.processor.slots import Slots
from tests.unit.services.virtual_time import virtual_time


@virtual_time
async def test_what_is_free_is_reserved_up_to_the_number_asked_for() -> None:
    slots = Slots(12)
    assert [await slots.reserve(10), await slots.reserve(10)] == [10, 2]
    assert slots.free == 0


@virtual_time
async def test_without_a_free_slot_one_waits() -> None:
    slots = Slots(2)
    await slots.reserve(2)
    waiting = asyncio.create_task(slots.reserve(10))
    await asyncio.sleep(1)
    assert not waiting.done()
    slots.release(1)
    assert await waiting == 1


@virtual_time
async def test_one_freed_slot_goes_to_one_of_those_who_wait() -> None:
    slots = Slots(1)
    await slots.reserve(1)
    waiting = [asyncio.create_task(slots.reserve(1)) for _ in range(2)]
    await asyncio.sleep(1)
    slots.release(1)
    await asyncio.sleep(1)
    assert [task.done() for task in waiting] == [True, False]
    slots.release(1)
    await waiting[1]


@virtual_time
async def test_releasing_nothing_wakes_nobody() -> None:
    slots = Slots(1)
    await slots.reserve(1)
    waiting = asyncio.create_task(slots.reserve(1))
    await asyncio.sleep(1)
    slots.release(0)
    await asyncio.sleep(1)
    assert not waiting.done()
    slots.release(1)
    await waiting
