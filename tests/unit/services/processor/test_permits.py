import asyncio

from orders.processor.permits import Permits
from tests.unit.services.virtual_time import virtual_time


@virtual_time
async def test_available_permits_are_acquired_up_to_the_maximum() -> None:
    permits = Permits(12)
    assert [await permits.acquire(10), await permits.acquire(10)] == [10, 2]
    assert permits.available == 0


@virtual_time
async def test_acquire_waits_for_an_available_permit() -> None:
    permits = Permits(2)
    await permits.acquire(2)
    waiting = asyncio.create_task(permits.acquire(10))
    await asyncio.sleep(1)
    assert not waiting.done()
    permits.release(1)
    assert await waiting == 1


@virtual_time
async def test_a_released_permit_goes_to_one_waiting_caller() -> None:
    permits = Permits(1)
    await permits.acquire(1)
    waiting = [asyncio.create_task(permits.acquire(1)) for _ in range(2)]
    await asyncio.sleep(1)
    permits.release(1)
    await asyncio.sleep(1)
    assert [task.done() for task in waiting] == [True, False]
    permits.release(1)
    await waiting[1]


@virtual_time
async def test_releasing_no_permit_wakes_no_caller() -> None:
    permits = Permits(1)
    await permits.acquire(1)
    waiting = asyncio.create_task(permits.acquire(1))
    await asyncio.sleep(1)
    permits.release(0)
    await asyncio.sleep(1)
    assert not waiting.done()
    permits.release(1)
    await waiting
