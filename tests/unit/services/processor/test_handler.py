import asyncio
import logging
from datetime import UTC, datetime

import pytest

from orders.model import encode
from orders.payment import PaymentProvider
from orders.processor.handler import Handler, Verdict
from orders.processor.metrics import Metrics
from tests.unit.services.fakes import InstantPayment, declined, make_order
from tests.unit.services.processor.fakes import SlowPayment, message
from tests.unit.services.virtual_time import virtual_time


class Bench:
    """A handler with its metrics."""

    def __init__(self, payment: PaymentProvider) -> None:
        self.metrics = Metrics()
        self.handler = Handler(payment, self.metrics)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


def body() -> str:
    return encode(make_order()).decode()


def completed(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == "order completed"]


async def test_an_order_is_paid_once_and_recorded(caplog: pytest.LogCaptureFixture) -> None:
    payment, order = InstantPayment(), make_order()
    bench = Bench(payment)
    before = datetime.now(UTC)
    with caplog.at_level(logging.INFO):
        verdict = await bench.handler.handle(message(encode(order).decode(), receive_count=2))
    assert verdict is Verdict.SETTLED
    assert payment.keys == [str(order.order_id)]
    (record,) = completed(caplog)
    fields = vars(record)
    assert (record.name, record.levelname) == ("orders.processor", "INFO")
    assert fields["order_id"] == str(order.order_id)
    assert fields["created_at"] == "2026-01-31T12:00:00.250000Z"
    assert before <= datetime.fromisoformat(fields["completed_at"]) <= datetime.now(UTC)
    assert (fields["receive_count"], fields["message_id"]) == (2, "m")
    assert bench.metric("orders_completed_total") == 1
    assert bench.metric("order_latency_seconds_count") == 1


async def test_a_completed_order_is_settled_again_without_payment(caplog: pytest.LogCaptureFixture) -> None:
    payment, order = InstantPayment(), body()
    bench = Bench(payment)
    with caplog.at_level(logging.INFO):
        await bench.handler.handle(message(order))
        assert await bench.handler.handle(message(order, receive_count=2)) is Verdict.SETTLED
    assert len(payment.keys) == len(completed(caplog)) == 1
    assert bench.metric("orders_duplicate_total", state="completed") == 1


@virtual_time
async def test_a_duplicate_of_an_order_in_work_is_left() -> None:
    payment, order = SlowPayment(), body()
    bench = Bench(payment)
    first = asyncio.create_task(bench.handler.handle(message(order)))
    await asyncio.sleep(1)
    assert await bench.handler.handle(message(order, message_id="n")) is Verdict.LEFT
    assert await first is Verdict.SETTLED
    assert len(payment.begun) == 1
    assert bench.metric("orders_duplicate_total", state="in_work") == 1


async def test_what_cannot_be_read_is_left_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    payment = InstantPayment()
    bench = Bench(payment)
    assert await bench.handler.handle(message("poison")) is Verdict.LEFT
    assert payment.keys == []
    assert bench.metric("orders_failed_total", reason="unreadable") == 1
    assert [record.getMessage() for record in caplog.records] == ["order unreadable"]


@pytest.mark.parametrize(("error", "reason"), [(declined(), "payment"), (LookupError("bug"), "error")])
async def test_a_failed_payment_is_counted_and_may_be_tried_again(error: Exception, reason: str) -> None:
    payment, order = InstantPayment(), body()
    payment.failures = [error]
    bench = Bench(payment)
    assert await bench.handler.handle(message(order)) is Verdict.FAILED
    assert bench.metric("orders_failed_total", reason=reason) == 1
    assert await bench.handler.handle(message(order, receive_count=2)) is Verdict.SETTLED


@virtual_time
async def test_a_cancelled_order_may_be_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    payment, order = SlowPayment(), body()
    bench = Bench(payment)
    first = asyncio.create_task(bench.handler.handle(message(order)))
    await asyncio.sleep(1)
    first.cancel()
    await asyncio.wait([first])
    with caplog.at_level(logging.INFO):
        assert await bench.handler.handle(message(order, receive_count=2)) is Verdict.SETTLED
    assert len(completed(caplog)) == 1
