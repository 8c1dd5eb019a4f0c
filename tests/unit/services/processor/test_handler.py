import asyncio
import logging
from datetime import UTC, datetime

import msgspec
import pytest

from orders.model import Item, encode
from orders.payment import PaymentProvider
from orders.processor.handler import Disposition, Handler
from orders.processor.metrics import Metrics
from tests.unit.services.fakes import InstantPayment, declined, make_order, sample
from tests.unit.services.processor.fakes import SlowPayment, message
from tests.unit.services.virtual_time import now, virtual_time


class Harness:
    """A handler with its metrics."""

    def __init__(self, payment: PaymentProvider) -> None:
        self.metrics = Metrics()
        self.handler = Handler(payment, self.metrics)


def body() -> str:
    return encode(make_order()).decode()


def completed(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == "order completed"]


async def test_an_order_is_paid_once_and_its_completion_logged(caplog: pytest.LogCaptureFixture) -> None:
    payment, order = InstantPayment(), make_order()
    harness = Harness(payment)
    before = datetime.now(UTC)
    with caplog.at_level(logging.INFO):
        disposition = await harness.handler.handle(message(encode(order).decode(), receive_count=2))
    assert disposition is Disposition.ACKNOWLEDGE
    assert payment.keys == [str(order.order_id)]
    (record,) = completed(caplog)
    fields = vars(record)
    assert (record.name, record.levelname) == ("orders.processor", "INFO")
    assert fields["order_id"] == str(order.order_id)
    assert fields["created_at"] == "2026-01-31T12:00:00.250000Z"
    assert before <= datetime.fromisoformat(fields["completed_at"]) <= datetime.now(UTC)
    assert (fields["receive_count"], fields["message_id"]) == (2, "m")
    assert sample(harness.metrics, "orders_completed_total") == 1
    assert sample(harness.metrics, "order_latency_seconds_count") == 1


async def test_a_completed_order_is_acknowledged_again_without_payment(caplog: pytest.LogCaptureFixture) -> None:
    payment, order = InstantPayment(), body()
    harness = Harness(payment)
    with caplog.at_level(logging.INFO):
        await harness.handler.handle(message(order))
        assert await harness.handler.handle(message(order, receive_count=2)) is Disposition.ACKNOWLEDGE
    assert len(payment.keys) == len(completed(caplog)) == 1
    assert [record.getMessage() for record in caplog.records] == ["order completed", "order delivered again"]
    assert (caplog.records[1].order_id, caplog.records[1].receive_count) == (caplog.records[0].order_id, 2)  # type: ignore[attr-defined]
    assert sample(harness.metrics, "orders_duplicate_total", state="completed") == 1


@virtual_time
async def test_duplicates_of_an_order_in_progress_wait_for_its_payment() -> None:
    payment, order = SlowPayment(), body()
    harness = Harness(payment)
    deliveries = [asyncio.create_task(harness.handler.handle(message(order, message_id=f"m{n}"))) for n in range(3)]
    await asyncio.sleep(2.9)
    assert not any(delivery.done() for delivery in deliveries)
    assert await asyncio.gather(*deliveries) == [Disposition.ACKNOWLEDGE] * 3
    assert now() == 3
    assert len(payment.started) == 1
    assert sample(harness.metrics, "orders_completed_total") == 1
    assert sample(harness.metrics, "orders_duplicate_total", state="in_work") == 2


@virtual_time
async def test_duplicates_of_an_order_whose_payment_fails_are_retried_too() -> None:
    payment, order = SlowPayment(), body()
    payment.failures = [declined()]
    harness = Harness(payment)
    deliveries = [asyncio.create_task(harness.handler.handle(message(order, message_id=f"m{n}"))) for n in range(3)]
    assert await asyncio.gather(*deliveries) == [Disposition.RETRY] * 3
    assert len(payment.started) == 1


@virtual_time
async def test_a_duplicate_pays_when_the_first_payment_is_cancelled() -> None:
    payment, order = SlowPayment(), body()
    harness = Harness(payment)
    first, *others = [asyncio.create_task(harness.handler.handle(message(order, message_id=f"m{n}"))) for n in range(4)]
    await asyncio.sleep(1)
    first.cancel()
    others[2].cancel()
    assert await asyncio.gather(*others[:2]) == [Disposition.ACKNOWLEDGE] * 2
    assert now() == 4
    assert len(payment.completed) == 1
    assert await harness.handler.handle(message(order)) is Disposition.ACKNOWLEDGE


@pytest.mark.parametrize("paid", [True, False])
async def test_another_order_with_the_same_id_is_no_duplicate(paid: bool, caplog: pytest.LogCaptureFixture) -> None:
    payment, order = InstantPayment(), make_order()
    harness = Harness(payment)
    first = asyncio.create_task(harness.handler.handle(message(encode(order).decode())))
    if paid:
        await first
    else:
        payment.reachable.clear()
        await asyncio.sleep(0)
    other = msgspec.structs.replace(order, items=(Item("lamp", 2, 0.0),))
    assert await harness.handler.handle(message(encode(other).decode(), message_id="n")) is Disposition.LEAVE
    payment.reachable.set()
    assert await first is Disposition.ACKNOWLEDGE
    assert len(payment.keys) == 1
    assert sample(harness.metrics, "orders_failed_total", reason="conflict") == 1
    assert sample(harness.metrics, "orders_duplicate_total", state="completed") is None
    assert [vars(record)["message_id"] for record in caplog.records] == ["n"]


@pytest.mark.parametrize("body", ["poison", "[" * 20_000, '{"x":' + "[" * 20_000, '"\ud800"'])
async def test_an_unreadable_message_is_left_and_counted(body: str, caplog: pytest.LogCaptureFixture) -> None:
    payment = InstantPayment()
    harness = Harness(payment)
    assert await harness.handler.handle(message(body)) is Disposition.LEAVE
    assert payment.keys == []
    assert sample(harness.metrics, "orders_failed_total", reason="unreadable") == 1
    assert [record.getMessage() for record in caplog.records] == ["order unreadable"]


@pytest.mark.parametrize(("error", "reason"), [(declined(), "payment"), (LookupError("bug"), "error")])
async def test_a_failed_payment_is_counted_and_retried(error: Exception, reason: str) -> None:
    payment, order = InstantPayment(), body()
    payment.failures = [error]
    harness = Harness(payment)
    assert await harness.handler.handle(message(order)) is Disposition.RETRY
    assert sample(harness.metrics, "orders_failed_total", reason=reason) == 1
    assert await harness.handler.handle(message(order, receive_count=2)) is Disposition.ACKNOWLEDGE


@virtual_time
async def test_a_cancelled_order_can_be_retried(caplog: pytest.LogCaptureFixture) -> None:
    payment, order = SlowPayment(), body()
    harness = Harness(payment)
    first = asyncio.create_task(harness.handler.handle(message(order)))
    await asyncio.sleep(1)
    first.cancel()
    await asyncio.wait([first])
    with caplog.at_level(logging.INFO):
        assert await harness.handler.handle(message(order, receive_count=2)) is Disposition.ACKNOWLEDGE
    assert len(completed(caplog)) == 1
