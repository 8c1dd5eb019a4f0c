"""The processor on a queue with visibility timeouts; time is virtual, so what is said of seconds is exact."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from orders.model import encode
from orders.processor.handler import Handler
from orders.processor.metrics import Metrics
from orders.processor.processor import Processor, connections_for, pollers_for
from orders.processor.settings import Settings
from tests.unit.services.fakes import declined, make_order
from tests.unit.services.processor.fakes import MemoryQueue, SlowPayment
from tests.unit.services.virtual_time import now, virtual_time


class Bench:
    """A processor with its fakes."""

    def __init__(self, *, workers: int = 100, payment_seconds: float = 3, max_receives: int = 1000) -> None:
        settings = Settings(
            aws_region="us-west-2",
            sqs_queue_url="http://q/orders",
            num_workers=workers,
            visibility_timeout_seconds=30,
            stop_timeout_seconds=25,
        )
        self.queue = MemoryQueue(visibility=30, max_receives=max_receives)
        self.payment = SlowPayment(payment_seconds)
        self.metrics = Metrics()
        self.processor = Processor(self.queue, Handler(self.payment, self.metrics), settings, self.metrics)
        self.stop = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the processor; stop it at the end, if it was not stopped before."""
        task = asyncio.create_task(self.processor.run(self.stop))
        await asyncio.sleep(0)
        yield task
        self.stop.set()
        await task

    def put(self, count: int) -> None:
        self.queue.put(*(encode(make_order()).decode() for _ in range(count)))

    async def drained(self) -> None:
        while self.queue.left:  # noqa: ASYNC110  # on virtual time this waits for nothing
            await asyncio.sleep(0.25)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.mark.parametrize(("workers", "pollers"), [(1, 1), (10, 1), (11, 2), (100, 10), (5000, 10)])
def test_pollers_follow_the_workers(workers: int, pollers: int) -> None:
    assert pollers_for(workers) == pollers
    assert connections_for(workers) > pollers


@virtual_time
async def test_every_order_is_paid_once_and_deleted() -> None:
    bench = Bench(workers=20)
    async with bench.running():
        bench.put(200)
        await bench.drained()
    assert len(bench.payment.taken) == len(set(bench.payment.begun)) == 200
    assert bench.payment.most_in_work == 20
    assert bench.metric("messages_received_total") == 200
    assert bench.metric("orders_completed_total") == 200
    assert bench.metric("orders_in_work") == 0


@virtual_time
async def test_workers_never_wait_while_there_is_work() -> None:
    bench = Bench(workers=100)
    async with bench.running():
        bench.put(1000)
        await bench.drained()
        assert now() == pytest.approx(1000 / 100 * 3, rel=0.05)


@virtual_time
async def test_never_more_is_asked_for_than_slots_are_free() -> None:
    bench = Bench(workers=3, payment_seconds=100)
    async with bench.running():
        bench.put(10)
        await asyncio.sleep(90)
        assert [limit for _, limit in bench.queue.receives] == [3]
        assert bench.metric("orders_in_work") == 3
        assert bench.metric("slots_free") == 0


@virtual_time
async def test_several_receives_run_at_once_when_slots_are_many() -> None:
    bench = Bench(workers=100)
    async with bench.running():
        await asyncio.sleep(1)
        assert bench.queue.most_receiving == 10


@virtual_time
async def test_one_long_payment_does_not_hold_the_others_up() -> None:
    bench = Bench(workers=2, payment_seconds=1000)
    async with bench.running():
        bench.put(1)
        await asyncio.sleep(1)
        bench.payment.seconds = 3
        bench.put(10)
        await asyncio.sleep(40)
        assert len(bench.payment.taken) == 10


@virtual_time
async def test_few_workers_and_long_payments_pay_nothing_twice() -> None:
    bench = Bench(workers=2, payment_seconds=100)
    async with bench.running():
        bench.put(10)
        await bench.drained()
    assert len(bench.payment.begun) == len(set(bench.payment.begun)) == 10
    assert {stored.receive_count for stored in bench.queue.stored} == {1}


@virtual_time
async def test_acknowledgements_go_in_batches() -> None:
    bench = Bench(workers=100)
    async with bench.running():
        bench.put(100)
        await bench.drained()
    assert [count for _, count in bench.queue.deletes] == [10] * 10
    assert bench.metric("acknowledge_batch_messages_count") == 10


@virtual_time
async def test_a_lone_order_is_acknowledged_soon() -> None:
    bench = Bench()
    async with bench.running():
        bench.put(1)
        await asyncio.sleep(3.2)
        assert bench.queue.left == []


@virtual_time
async def test_acknowledgements_are_tried_until_they_succeed_and_the_message_is_kept_meanwhile() -> None:
    bench = Bench()
    async with bench.running():
        bench.put(1)
        await asyncio.sleep(1)
        bench.queue.away = ConnectionError()
        await asyncio.sleep(20)
        bench.queue.away = None
        await bench.drained()
    assert len(bench.payment.begun) == 1
    assert bench.queue.stored[0].receive_count == 1


@virtual_time
async def test_a_refused_acknowledgement_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    async with bench.running():
        bench.put(1)
        await asyncio.sleep(1)
        bench.queue.stored[0].deleted = True
        await asyncio.sleep(5)
        bench.put(1)
        await bench.drained()
    assert bench.metric("acknowledge_failures_total", code="ReceiptHandleIsInvalid") == 1
    assert [record.getMessage() for record in caplog.records] == ["not acknowledged"]
    assert len(bench.payment.taken) == 2


@virtual_time
async def test_an_order_whose_visibility_is_lost_is_not_paid_by_its_first_handler() -> None:
    bench = Bench(workers=10, payment_seconds=60)
    async with bench.running():
        bench.put(1)
        await asyncio.sleep(1)
        bench.queue.away = ConnectionError()
        await asyncio.sleep(40)
        bench.queue.away = None
        await bench.drained()
        await asyncio.sleep(30)
        assert bench.queue.receives[-1][1] == 10  # its slot is free again
    assert len(bench.payment.begun) == 2
    assert len(bench.payment.taken) == 1
    assert bench.metric("messages_visibility_lost_total") == 1


@virtual_time
async def test_a_redelivered_completed_order_is_deleted_and_not_paid_again() -> None:
    bench = Bench()
    async with bench.running():
        body = encode(make_order()).decode()
        bench.queue.put(body)
        await bench.drained()
        bench.queue.put(body)
        await bench.drained()
    assert len(bench.payment.begun) == 1


@virtual_time
async def test_a_failed_payment_comes_back_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _shortest, longest: longest)
    bench = Bench()
    bench.payment.failures = [declined(), declined()]
    async with bench.running():
        bench.put(1)
        await bench.drained()
        assert now() == pytest.approx(3 + 2 + 3 + 4 + 3, abs=0.5)
    assert [seconds for _, _, seconds in bench.queue.changes] == [2, 4]
    assert len(bench.payment.taken) == 1


@virtual_time
async def test_poison_ends_in_the_dead_letter_queue() -> None:
    bench = Bench(max_receives=3)
    async with bench.running():
        bench.queue.put("poison")
        bench.put(1)
        await bench.drained()
    assert bench.queue.dead == ["poison"]
    assert bench.metric("orders_failed_total", reason="unreadable") == 3
    assert len(bench.payment.taken) == 1


@virtual_time
async def test_a_queue_that_is_away_is_asked_with_pauses_and_used_again(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(workers=10)
    bench.queue.away = ConnectionError()
    async with bench.running():
        await asyncio.sleep(600)
        assert not bench.processor.ready
        assert 100 < len(bench.queue.receives) < 600
        assert bench.metric("receive_errors_total") == len(bench.queue.receives)
        bench.queue.away = None
        bench.put(20)
        await bench.drained()
        assert bench.processor.ready
        assert bench.metric("slots_free") == 0  # all reserved by the one receive in flight
    assert [record.getMessage() for record in caplog.records] == ["receive failed"]


@virtual_time
async def test_stopping_when_idle_waits_for_the_receives_in_flight() -> None:
    bench = Bench()
    async with bench.running() as running:
        await asyncio.sleep(5)
        assert bench.processor.ready
        bench.stop.set()
        await running
        assert not bench.processor.ready
        assert now() == 20
    assert bench.queue.receiving == 0


@virtual_time
async def test_stopping_finishes_what_is_in_work_and_acknowledges_it() -> None:
    bench = Bench(workers=10, payment_seconds=20)
    async with bench.running() as running:
        bench.put(10)
        await asyncio.sleep(5)
        bench.stop.set()
        await running
        assert now() == 20
    assert len(bench.payment.taken) == 10
    assert bench.queue.left == []


@virtual_time
async def test_stopping_begins_no_receive() -> None:
    bench = Bench(workers=10)
    async with bench.running() as running:
        bench.put(30)
        await asyncio.sleep(1)
        bench.stop.set()
        received = len(bench.queue.receives)
        await running
        assert len(bench.queue.receives) == received
    assert len(bench.payment.begun) == 10


@virtual_time
async def test_what_a_receive_in_flight_brings_while_stopping_is_handed_back() -> None:
    bench = Bench(workers=20, payment_seconds=10)
    async with bench.running() as running:
        bench.put(1)
        await asyncio.sleep(5)
        bench.stop.set()
        await asyncio.sleep(0.5)
        bench.put(1)
        await running
        (left,) = bench.queue.left
        assert left.visible_at <= now()
    assert len(bench.payment.begun) == 1


@virtual_time
async def test_what_cannot_be_finished_in_time_is_handed_back() -> None:
    bench = Bench(workers=10, payment_seconds=100)
    async with bench.running() as running:
        bench.put(5)
        await asyncio.sleep(5)
        bench.stop.set()
        await running
        assert now() <= 5 + 25
        assert all(stored.visible_at <= now() for stored in bench.queue.left)
    assert bench.payment.taken == []
    assert bench.payment.in_work == 0


@pytest.mark.parametrize("hanging", [False, True])
def test_stopping_ends_in_time_without_a_queue(hanging: bool, caplog: pytest.LogCaptureFixture) -> None:
    @virtual_time
    async def stop() -> None:
        bench = Bench(workers=10, payment_seconds=6)
        async with bench.running() as running:
            bench.put(2)
            await asyncio.sleep(5)
            bench.payment.seconds = 100
            bench.put(2)
            await asyncio.sleep(0.5)
            bench.queue.away = None if hanging else ConnectionError()
            bench.queue.delay = 3600 if hanging else 0
            bench.stop.set()
            await running
            assert now() <= 5.5 + 25
        assert len(bench.payment.taken) == 2

    with caplog.at_level(logging.INFO):
        stop()
    told = [record.getMessage() for record in caplog.records]
    assert told[-1] == "stopped"
    assert told.count("not acknowledged") == 2
