"""The consumer on an in-memory queue with visibility timeouts. Time is virtual, so the seconds are exact."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from orders.model import encode
from orders.processor.consumer import Consumer, max_other_calls, max_receive_calls
from orders.processor.handler import Handler
from orders.processor.metrics import Metrics
from orders.processor.settings import Settings
from tests.unit.services.fakes import declined, make_order, sample
from tests.unit.services.processor.fakes import MemoryQueue, SlowPayment
from tests.unit.services.virtual_time import now, virtual_time


class Harness:
    """A consumer with its test doubles."""

    def __init__(
        self,
        *,
        workers: int = 100,
        payment_seconds: float = 3,
        max_receives: int = 1000,
        visibility_timeout: int = 30,
    ) -> None:
        settings = Settings(
            aws_region="us-west-2",
            sqs_queue_url="http://q/orders",
            num_workers=workers,
            visibility_timeout_seconds=visibility_timeout,
            stop_timeout_seconds=25,
        )
        self.queue = MemoryQueue(visibility_timeout, max_receives=max_receives)
        self.payment = SlowPayment(payment_seconds)
        self.metrics = Metrics()
        self.consumer = Consumer(self.queue, Handler(self.payment, self.metrics), settings, self.metrics)
        self.stop = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the consumer. On exit, stop it and wait for its end."""
        task = asyncio.create_task(self.consumer.run(self.stop))
        await asyncio.sleep(0)
        yield
        self.stop.set()
        await task

    def put(self, count: int) -> None:
        self.queue.put(*(encode(make_order()).decode() for _ in range(count)))

    async def drain(self) -> None:
        """Wait until the queue is empty."""
        while self.queue.remaining:  # noqa: ASYNC110  # polling virtual time takes no time
            await asyncio.sleep(0.25)

    async def process(self, count: int) -> None:
        """Run the consumer until it has processed `count` orders."""
        async with self.running():
            self.put(count)
            await self.drain()


@pytest.mark.parametrize(("workers", "receive_calls"), [(1, 1), (10, 1), (11, 2), (100, 10), (5000, 10)])
def test_the_number_of_calls_follows_the_number_of_workers(workers: int, receive_calls: int) -> None:
    assert max_receive_calls(workers) == receive_calls
    assert max_other_calls(workers) > receive_calls


@virtual_time
async def test_every_order_is_paid_once_and_its_message_deleted() -> None:
    harness = Harness(workers=20)
    await harness.process(200)
    assert len(harness.payment.completed) == len(set(harness.payment.started)) == 200
    assert harness.payment.max_in_progress == 20
    assert sample(harness.metrics, "messages_received_total") == 200
    assert sample(harness.metrics, "orders_completed_total") == 200
    assert sample(harness.metrics, "orders_in_work") == 0


@virtual_time
async def test_workers_never_wait_while_the_queue_has_messages() -> None:
    harness = Harness(workers=100)
    async with harness.running():
        harness.put(1000)
        await harness.drain()
        assert now() == pytest.approx(1000 / 100 * 3, rel=0.05)


@virtual_time
async def test_a_receive_call_requests_no_more_messages_than_permits_are_available() -> None:
    harness = Harness(workers=3, payment_seconds=100)
    async with harness.running():
        harness.put(10)
        await asyncio.sleep(90)
        assert [max_messages for _, max_messages in harness.queue.receives] == [3]
        assert sample(harness.metrics, "orders_in_work") == 3
        assert sample(harness.metrics, "slots_free") == 0


@virtual_time
async def test_receive_calls_run_concurrently_with_many_workers() -> None:
    harness = Harness(workers=100)
    async with harness.running():
        await asyncio.sleep(1)
        assert harness.queue.receiving == 10


@virtual_time
async def test_one_long_payment_does_not_delay_others() -> None:
    harness = Harness(workers=2, payment_seconds=1000)
    async with harness.running():
        harness.put(1)
        await asyncio.sleep(1)
        harness.payment.seconds = 3
        harness.put(10)
        await asyncio.sleep(40)
        assert len(harness.payment.completed) == 10


@virtual_time
async def test_no_order_is_paid_twice_with_few_workers_and_long_payments() -> None:
    harness = Harness(workers=2, payment_seconds=100)
    await harness.process(10)
    assert len(harness.payment.started) == len(set(harness.payment.started)) == 10
    assert {stored.receive_count for stored in harness.queue.stored} == {1}


@virtual_time
async def test_acknowledgements_are_batched() -> None:
    harness = Harness(workers=100)
    await harness.process(100)
    assert [count for _, count in harness.queue.deletes] == [10] * 10
    assert sample(harness.metrics, "acknowledge_batch_messages_count") == 10


@virtual_time
async def test_a_single_order_is_acknowledged_soon() -> None:
    harness = Harness()
    async with harness.running():
        harness.put(1)
        await asyncio.sleep(3.2)
        assert harness.queue.remaining == []


@virtual_time
async def test_acknowledgements_are_retried_and_the_visibility_extended_meanwhile() -> None:
    harness = Harness()
    async with harness.running():
        harness.put(1)
        await asyncio.sleep(1)
        harness.queue.error = ConnectionError()
        await asyncio.sleep(20)
        harness.queue.error = None
        await harness.drain()
    assert len(harness.payment.started) == 1
    assert harness.queue.stored[0].receive_count == 1


@virtual_time
async def test_a_rejected_acknowledgement_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness()
    async with harness.running():
        harness.put(1)
        await asyncio.sleep(1)
        harness.queue.stored[0].deleted = True
        await asyncio.sleep(5)
        harness.put(1)
        await harness.drain()
    assert sample(harness.metrics, "acknowledge_failures_total", code="ReceiptHandleIsInvalid") == 1
    assert [record.getMessage() for record in caplog.records] == ["not acknowledged"]
    assert len(harness.payment.completed) == 2


@virtual_time
async def test_a_payment_is_cancelled_when_its_message_becomes_visible() -> None:
    harness = Harness(workers=10, payment_seconds=60)
    async with harness.running():
        harness.put(1)
        await asyncio.sleep(1)
        harness.queue.error = ConnectionError()
        await asyncio.sleep(40)
        harness.queue.error = None
        await harness.drain()
        await asyncio.sleep(30)
        assert harness.queue.receives[-1][1] == 10  # its permit was released
    assert len(harness.payment.started) == 2
    assert len(harness.payment.completed) == 1
    assert sample(harness.metrics, "messages_visibility_lost_total") == 1


@virtual_time
async def test_a_redelivered_completed_order_is_deleted_and_not_paid_again() -> None:
    harness = Harness()
    async with harness.running():
        body = encode(make_order()).decode()
        harness.queue.put(body)
        await harness.drain()
        harness.queue.put(body)
        await harness.drain()
    assert len(harness.payment.started) == 1


@virtual_time
async def test_a_duplicate_is_held_while_the_first_is_paid_for() -> None:
    harness = Harness(payment_seconds=200, max_receives=3)
    async with harness.running():
        body = encode(make_order()).decode()
        harness.queue.put(body, body)
        await harness.drain()
        assert now() == pytest.approx(200, abs=1)
    assert harness.queue.dead_letters == []
    assert [stored.receive_count for stored in harness.queue.stored] == [1, 1]
    assert len(harness.payment.started) == 1


@virtual_time
async def test_a_shutdown_returns_held_duplicates_to_the_queue() -> None:
    harness = Harness(workers=10, payment_seconds=100)
    async with harness.running():
        body = encode(make_order()).decode()
        harness.queue.put(body, body, body)
        await asyncio.sleep(5)
    assert now() <= 5 + 25
    assert [stored.visible_at <= now() for stored in harness.queue.remaining] == [True] * 3
    assert harness.payment.in_progress == 0


@virtual_time
async def test_a_failed_payment_is_retried_with_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _shortest, longest: longest)
    harness = Harness()
    harness.payment.failures = [declined(), declined()]
    async with harness.running():
        harness.put(1)
        await harness.drain()
        assert now() == pytest.approx(3 + 2 + 3 + 4 + 3, abs=0.5)
    assert [delay for _, _, delay in harness.queue.visibility_changes] == [2, 4]
    assert len(harness.payment.completed) == 1


@virtual_time
async def test_a_poison_message_ends_in_the_dead_letter_queue() -> None:
    harness = Harness(max_receives=3)
    async with harness.running():
        harness.queue.put("poison")
        harness.put(1)
        await harness.drain()
    assert harness.queue.dead_letters == ["poison"]
    assert sample(harness.metrics, "orders_failed_total", reason="unreadable") == 3
    assert len(harness.payment.completed) == 1


@virtual_time
async def test_an_unavailable_queue_is_polled_with_backoff_until_it_recovers(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness(workers=10)
    harness.queue.error = ConnectionError()
    async with harness.running():
        await asyncio.sleep(600)
        assert not harness.consumer.ready
        assert 100 < len(harness.queue.receives) < 600
        assert sample(harness.metrics, "receive_errors_total") == len(harness.queue.receives)
        harness.queue.error = None
        harness.put(20)
        await harness.drain()
        assert harness.consumer.ready
        assert sample(harness.metrics, "slots_free") == 0  # the receive call in flight holds all of them
    assert [record.getMessage() for record in caplog.records] == ["receive failed"]


@virtual_time
async def test_an_idle_shutdown_waits_for_the_receive_calls_in_flight() -> None:
    harness = Harness()
    async with harness.running():
        await asyncio.sleep(5)
        assert harness.consumer.ready
    assert not harness.consumer.ready
    assert now() == 20
    assert harness.queue.receiving == 0


@virtual_time
async def test_a_shutdown_completes_and_acknowledges_the_orders_in_progress() -> None:
    harness = Harness(workers=10, payment_seconds=20)
    async with harness.running():
        harness.put(10)
        await asyncio.sleep(5)
    assert now() == 20
    assert len(harness.payment.completed) == 10
    assert harness.queue.remaining == []


@virtual_time
async def test_a_shutdown_starts_no_receive_call() -> None:
    harness = Harness(workers=10)
    async with harness.running():
        harness.put(30)
        await asyncio.sleep(1)
        received = len(harness.queue.receives)
    assert len(harness.queue.receives) == received
    assert len(harness.payment.started) == 10


@virtual_time
async def test_a_shutdown_returns_messages_that_arrive_late_to_the_queue() -> None:
    harness = Harness(workers=20, payment_seconds=10)
    async with harness.running():
        harness.put(1)
        await asyncio.sleep(5)
        harness.stop.set()
        await asyncio.sleep(0.5)
        harness.put(1)
    (remaining,) = harness.queue.remaining
    assert remaining.visible_at <= now()
    assert len(harness.payment.started) == 1


@pytest.mark.parametrize("visibility_timeout", [5, 30])  # shorter and longer than the receive calls
def test_a_shutdown_does_not_receive_again_what_it_returns_to_the_queue(visibility_timeout: int) -> None:
    @virtual_time
    async def stop() -> None:
        harness = Harness(visibility_timeout=visibility_timeout, max_receives=5)
        async with harness.running():
            await asyncio.sleep(5)
            harness.stop.set()
            await asyncio.sleep(0.5)
            harness.put(3)
        assert harness.queue.dead_letters == []
        assert [(stored.receive_count, stored.visible_at <= now()) for stored in harness.queue.remaining] == [
            (1, True)
        ] * 3

    stop()


@virtual_time
async def test_a_shutdown_returns_late_messages_before_its_payments_end() -> None:
    harness = Harness(workers=20, payment_seconds=22)
    async with harness.running():
        await asyncio.sleep(1)
        harness.put(1)
        await asyncio.sleep(1)
        harness.stop.set()
        await asyncio.sleep(1)
        harness.put(1)
        await asyncio.sleep(18.5)
        assert now() == 21.5
        assert harness.payment.in_progress == 1
        assert len(harness.queue.visible) == 1


@virtual_time
async def test_a_shutdown_returns_unfinished_messages_to_the_queue() -> None:
    harness = Harness(workers=10, payment_seconds=100)
    async with harness.running():
        harness.put(5)
        await asyncio.sleep(5)
    assert now() <= 5 + 25
    assert all(stored.visible_at <= now() for stored in harness.queue.remaining)
    assert harness.payment.completed == []
    assert harness.payment.in_progress == 0


@pytest.mark.parametrize("hanging", [False, True])
def test_a_shutdown_ends_in_time_when_the_queue_is_unavailable(hanging: bool, caplog: pytest.LogCaptureFixture) -> None:
    @virtual_time
    async def stop() -> None:
        harness = Harness(workers=10, payment_seconds=6)
        async with harness.running():
            harness.put(2)
            await asyncio.sleep(5)
            harness.payment.seconds = 100
            harness.put(2)
            await asyncio.sleep(0.5)
            harness.queue.error = None if hanging else ConnectionError()
            harness.queue.call_seconds = 3600 if hanging else 0
        assert now() <= 5.5 + 25
        assert len(harness.payment.completed) == 2

    with caplog.at_level(logging.INFO):
        stop()
    messages = [record.getMessage() for record in caplog.records]
    assert messages[-1] == "stopped"
    assert messages.count("not acknowledged") == 2
