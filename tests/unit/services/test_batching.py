import asyncio
from collections.abc import Iterable, Sequence

import pytest

from orders.aws import Failure
from orders.batching import Batcher, Batching, ClosedError, RefusedError
from tests.unit.services.virtual_time import now, virtual_time

BUSY = Failure("InternalError", sender_fault=False)
INVALID = Failure("InvalidParameter", sender_fault=True)


class Service:
    """Takes batches, each in one second; fails items as often as `failures` says."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, list[str]]] = []
        self.failures: dict[str, list[Failure]] = {}
        self.broken_calls = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.call_seconds = 1.0

    async def send(self, items: Sequence[str]) -> Sequence[Failure | None]:
        self.calls.append((now(), list(items)))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.call_seconds)
        finally:
            self.in_flight -= 1
        if self.broken_calls:
            self.broken_calls -= 1
            raise ConnectionError
        return [failures.pop(0) if (failures := self.failures.get(item)) else None for item in items]

    @property
    def batches(self) -> list[list[str]]:
        return [items for _, items in self.calls]


def make(  # noqa: PLR0913  # a policy in short
    service: Service,
    *,
    linger: float = 0.1,
    calls_in_flight: int = 2,
    eager: bool = True,
    max_bytes: int = 1000,
    errors: list[Exception] | None = None,
) -> Batcher[str]:
    policy = Batching(linger=linger, calls_in_flight=calls_in_flight, eager=eager, max_bytes=max_bytes)
    return Batcher(service.send, policy, size_of=len, on_error=(errors if errors is not None else []).append)


def submit(batcher: Batcher[str], items: Iterable[str]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(batcher.submit(item)) for item in items]


@virtual_time
async def test_a_lone_item_goes_at_once() -> None:
    service = Service()
    await make(service).submit("a")
    assert service.calls == [(0.0, ["a"])]


@virtual_time
async def test_items_that_arrive_during_a_call_go_together_after_the_linger() -> None:
    service = Service()
    await asyncio.gather(*submit(make(service), "abc"))
    assert service.calls == [(0.0, ["a"]), (0.1, ["b", "c"])]


@virtual_time
async def test_without_eagerness_the_first_item_lingers_too() -> None:
    service = Service()
    await asyncio.gather(*submit(make(service, eager=False), "abc"))
    assert service.calls == [(0.1, ["a", "b", "c"])]


@virtual_time
async def test_items_go_when_nothing_is_in_flight_any_more() -> None:
    service = Service()
    await asyncio.gather(*submit(make(service, linger=60), "abc"))
    assert service.calls == [(0.0, ["a"]), (1.0, ["b", "c"])]


@virtual_time
async def test_ten_items_go_at_once() -> None:
    service = Service()
    await asyncio.gather(*submit(make(service), "abcdefghijkl"))
    assert service.calls == [(0.0, ["a"]), (0.0, list("bcdefghijk")), (1.0, ["l"])]


@virtual_time
async def test_a_batch_never_exceeds_the_byte_limit_and_goes_when_it_is_reached() -> None:
    service = Service()
    await asyncio.gather(*submit(make(service, linger=60, max_bytes=10), ["a", "b" * 6, "c" * 5, "d" * 4]))
    assert service.calls == [(0.0, ["a"]), (0.0, ["b" * 6]), (1.0, ["c" * 5, "d" * 4])]


@virtual_time
async def test_the_linger_counts_from_the_oldest_item() -> None:
    service = Service()
    batcher = make(service)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0.09)
    tasks += submit(batcher, "c")
    await asyncio.gather(*tasks)
    assert service.calls == [(0.0, ["a"]), (0.1, ["b", "c"])]


@virtual_time
async def test_an_item_that_came_after_the_timer_was_set_has_its_own_linger() -> None:
    service = Service()
    batcher = make(service, calls_in_flight=4)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0.05)
    tasks += submit(batcher, "cdefghijkl")
    await asyncio.gather(*tasks)
    assert service.calls == [(0.0, ["a"]), (0.05, list("bcdefghijk")), (pytest.approx(0.15), ["l"])]


@virtual_time
async def test_calls_in_flight_are_capped() -> None:
    service = Service()
    await asyncio.gather(*submit(make(service, calls_in_flight=3), [f"{n}" for n in range(200)]))
    assert service.most_in_flight == 3
    assert sum(len(batch) for batch in service.batches) == 200


@virtual_time
async def test_a_failed_entry_is_sent_again_without_the_others() -> None:
    service = Service()
    service.failures["b"] = [BUSY, BUSY]
    await asyncio.gather(*submit(make(service, eager=False), "abc"))
    assert service.batches == [["a", "b", "c"], ["b"], ["b"]]


@virtual_time
async def test_each_item_learns_its_own_outcome() -> None:
    service = Service()
    service.failures = {"b": [INVALID]}
    outcomes = await asyncio.gather(*submit(make(service, eager=False), "abc"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), RefusedError, type(None)]
    assert service.batches == [["a", "b", "c"]]


@virtual_time
async def test_a_failed_call_is_reported_and_all_its_items_are_sent_again() -> None:
    service, errors = Service(), list[Exception]()
    service.broken_calls = 1
    await asyncio.gather(*submit(make(service, eager=False, errors=errors), "abc"))
    assert sorted(item for batch in service.batches[1:] for item in batch) == ["a", "b", "c"]
    assert [type(error) for error in errors] == [ConnectionError]


@virtual_time
async def test_an_item_given_up_while_it_waits_is_not_sent() -> None:
    service = Service()
    batcher = make(service)
    first, second, third = submit(batcher, "abc")
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, third)
    assert service.batches == [["a"], ["c"]]


@virtual_time
async def test_no_call_is_made_for_items_that_were_all_given_up() -> None:
    service = Service()
    batcher = make(service)
    first, second = submit(batcher, "ab")
    await asyncio.sleep(0)
    second.cancel()
    await first
    assert service.batches == [["a"]]
    assert batcher.unresolved == 0


@virtual_time
async def test_an_item_given_up_in_flight_leaves_its_companions_alone() -> None:
    service = Service()
    batcher = make(service, eager=False)
    first, second = submit(batcher, "ab")
    await asyncio.sleep(0.5)
    assert batcher.unresolved == 2
    assert batcher.calls == 1
    first.cancel()
    await second
    assert service.batches == [["a", "b"]]


@virtual_time
async def test_closing_sends_what_lingers_at_once() -> None:
    service = Service()
    batcher = make(service, linger=60, eager=False)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0)
    await batcher.close(seconds=5)
    await asyncio.gather(*tasks)
    assert service.calls == [(0.0, ["a", "b"])]


@virtual_time
async def test_closing_tries_failed_items_again() -> None:
    service = Service()
    service.failures["a"] = [BUSY]
    batcher = make(service)
    (task,) = submit(batcher, "a")
    await asyncio.sleep(0)
    await batcher.close(seconds=5)
    await task
    assert service.batches == [["a"], ["a"]]


@virtual_time
async def test_closing_fails_what_cannot_be_sent_in_time() -> None:
    service = Service()
    service.call_seconds = 60
    batcher = make(service, calls_in_flight=1)
    tasks = submit(batcher, "ab")
    await asyncio.sleep(0)
    await batcher.close(seconds=5)
    assert now() == 5
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ClosedError, ClosedError]
    assert service.batches == [["a"]]
    assert service.in_flight == 0


@virtual_time
async def test_a_closed_batcher_takes_nothing() -> None:
    service = Service()
    batcher = make(service)
    await batcher.close(seconds=5)
    assert batcher.closed
    with pytest.raises(ClosedError):
        await batcher.submit("a")
    assert service.batches == []
