import asyncio
import random
from collections.abc import Iterable, Sequence

import pytest

from orders.aws import MAX_BATCH_BYTES, Failure
from orders.batching import Batcher, BatchPolicy, ClosedError, RejectedError
from tests.unit.services.virtual_time import now, virtual_time

BUSY = Failure("InternalError", sender_fault=False)
INVALID = Failure("InvalidParameter", sender_fault=True)


class Service:
    """Accepts batches, in a second each. Fails an item once with each of its `failures`."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, list[str]]] = []
        self.errors: list[Exception] = []
        self.failures: dict[str, list[Failure]] = {}
        self.failing_calls = 0
        self.in_flight = 0
        self.max_in_flight = 0
        self.call_seconds = 1.0

    async def send(self, items: Sequence[str]) -> Sequence[Failure | None]:
        self.calls.append((now(), list(items)))
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.call_seconds)
        finally:
            self.in_flight -= 1
        if self.failing_calls:
            self.failing_calls -= 1
            raise ConnectionError
        return [failures.pop(0) if (failures := self.failures.get(item)) else None for item in items]

    @property
    def batches(self) -> list[list[str]]:
        return [items for _, items in self.calls]


def make_batcher(
    service: Service,
    *,
    linger: float = 0.1,
    max_calls_in_flight: int = 2,
    send_when_idle: bool = True,
) -> Batcher[str]:
    policy = BatchPolicy(linger=linger, max_calls_in_flight=max_calls_in_flight, send_when_idle=send_when_idle)
    return Batcher(service.send, policy, on_error=service.errors.append)


def submit(batcher: Batcher[str], items: Iterable[str]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(batcher.submit(item)) for item in items]


@virtual_time
async def test_a_single_item_is_sent_at_once() -> None:
    service = Service()
    await make_batcher(service).submit("a")
    assert service.calls == [(0.0, ["a"])]


@virtual_time
async def test_items_that_arrive_during_a_call_are_batched_until_the_linger_ends() -> None:
    service = Service()
    await asyncio.gather(*submit(make_batcher(service), "abc"))
    assert service.calls == [(0.0, ["a"]), (0.1, ["b", "c"])]


@virtual_time
async def test_without_send_when_idle_the_first_item_lingers_too() -> None:
    service = Service()
    await asyncio.gather(*submit(make_batcher(service, send_when_idle=False), "abc"))
    assert service.calls == [(0.1, ["a", "b", "c"])]


@virtual_time
async def test_items_are_sent_when_the_last_call_ends() -> None:
    service = Service()
    await asyncio.gather(*submit(make_batcher(service, linger=60), "abc"))
    assert service.calls == [(0.0, ["a"]), (1.0, ["b", "c"])]


@virtual_time
async def test_ten_items_are_sent_at_once() -> None:
    service = Service()
    await asyncio.gather(*submit(make_batcher(service), "abcdefghijkl"))
    assert service.calls == [(0.0, ["a"]), (0.0, list("bcdefghijk")), (1.0, ["l"])]


@virtual_time
async def test_a_batch_is_sent_at_the_byte_limit_and_never_exceeds_it() -> None:
    service = Service()
    tenth = MAX_BATCH_BYTES // 10
    b, c, d = "b" * 6 * tenth, "c" * 5 * tenth, "d" * 4 * tenth
    await asyncio.gather(*submit(make_batcher(service, linger=60), ["a", b, c, d]))
    assert service.calls == [(0.0, ["a"]), (0.0, [b]), (1.0, [c, d])]


@virtual_time
async def test_the_linger_counts_from_the_oldest_item() -> None:
    service = Service()
    batcher = make_batcher(service)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0.09)
    tasks += submit(batcher, "c")
    await asyncio.gather(*tasks)
    assert service.calls == [(0.0, ["a"]), (0.1, ["b", "c"])]


@virtual_time
async def test_an_item_that_arrives_after_the_timer_is_set_has_its_own_linger() -> None:
    service = Service()
    batcher = make_batcher(service, max_calls_in_flight=4)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0.05)
    tasks += submit(batcher, "cdefghijkl")
    await asyncio.gather(*tasks)
    assert service.calls == [(0.0, ["a"]), (0.05, list("bcdefghijk")), (pytest.approx(0.15), ["l"])]


@virtual_time
async def test_calls_in_flight_are_limited() -> None:
    service = Service()
    await asyncio.gather(*submit(make_batcher(service, max_calls_in_flight=3), [f"{n}" for n in range(200)]))
    assert service.max_in_flight == 3
    assert sum(len(batch) for batch in service.batches) == 200


@virtual_time
async def test_a_failed_entry_is_sent_again_without_the_others() -> None:
    service = Service()
    service.failures["b"] = [BUSY, BUSY]
    await asyncio.gather(*submit(make_batcher(service, send_when_idle=False), "abc"))
    assert service.batches == [["a", "b", "c"], ["b"], ["b"]]


@virtual_time
async def test_each_submitter_gets_the_result_of_its_item() -> None:
    service = Service()
    service.failures = {"b": [INVALID]}
    results = await asyncio.gather(*submit(make_batcher(service, send_when_idle=False), "abc"), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), RejectedError, type(None)]
    assert service.batches == [["a", "b", "c"]]


@virtual_time
async def test_a_failed_call_is_reported_and_all_its_items_are_sent_again() -> None:
    service = Service()
    service.failing_calls = 1
    await asyncio.gather(*submit(make_batcher(service, send_when_idle=False), "abc"))
    assert sorted(item for batch in service.batches[1:] for item in batch) == ["a", "b", "c"]
    assert [type(error) for error in service.errors] == [ConnectionError]


@virtual_time
async def test_an_item_cancelled_while_it_waits_is_not_sent() -> None:
    service = Service()
    batcher = make_batcher(service)
    first, second, third = submit(batcher, "abc")
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, third)
    assert service.batches == [["a"], ["c"]]


@virtual_time
async def test_no_call_is_made_when_all_items_were_cancelled() -> None:
    service = Service()
    batcher = make_batcher(service)
    first, second = submit(batcher, "ab")
    await asyncio.sleep(0)
    second.cancel()
    await first
    assert service.batches == [["a"]]
    assert batcher.pending == 0


@virtual_time
async def test_an_item_cancelled_in_flight_does_not_affect_the_others() -> None:
    service = Service()
    batcher = make_batcher(service, send_when_idle=False)
    first, second = submit(batcher, "ab")
    await asyncio.sleep(0.5)
    assert batcher.pending == 2
    assert batcher.calls_in_flight == 1
    first.cancel()
    await second
    assert service.batches == [["a", "b"]]


@virtual_time
async def test_close_sends_lingering_items_at_once() -> None:
    service = Service()
    batcher = make_batcher(service, linger=60, send_when_idle=False)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0)
    await batcher.close(5)
    await asyncio.gather(*tasks)
    assert service.calls == [(0.0, ["a", "b"])]


@virtual_time
async def test_close_retries_failed_items() -> None:
    service = Service()
    service.failures["a"] = [BUSY]
    batcher = make_batcher(service)
    (task,) = submit(batcher, "a")
    await asyncio.sleep(0)
    await batcher.close(5)
    await task
    assert service.batches == [["a"], ["a"]]


@virtual_time
async def test_close_fails_items_that_cannot_be_sent_in_time() -> None:
    service = Service()
    service.call_seconds = 60
    batcher = make_batcher(service, max_calls_in_flight=1)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0)
    await batcher.close(5)
    assert now() == 5
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [ClosedError, ClosedError]
    assert service.batches == [["a"]]
    assert service.in_flight == 0


@virtual_time
async def test_a_closed_batcher_accepts_no_items() -> None:
    service = Service()
    batcher = make_batcher(service)
    await batcher.close(5)
    assert batcher.closed
    with pytest.raises(ClosedError):
        await batcher.submit("a")
    assert service.batches == []


@virtual_time
async def test_a_cancelled_item_takes_no_more_memory() -> None:
    service = Service()
    service.call_seconds = 60
    batcher = make_batcher(service, max_calls_in_flight=1)
    tasks = submit(batcher, ["sent", *(f"{n}" for n in range(30))])
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert batcher.pending == batcher.waiting == 0
    await batcher.close(0)
    assert service.batches == [["sent"]]


@virtual_time
async def test_a_cancelled_item_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", max)  # the longest backoff
    service = Service()
    service.failures["a"] = [BUSY] * 100
    batcher = make_batcher(service)
    (task,) = submit(batcher, "a")
    await asyncio.sleep(1.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(60)
    assert service.batches == [["a"]]
