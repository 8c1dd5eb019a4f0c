"""What is done about one message: its order is read, paid for once, and recorded."""

import logging
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from orders.model import Order, UnreadableOrderError, decode_order
from orders.payment import PaymentError, PaymentProvider
from orders.processor.deduplication import RecentOrders
from orders.processor.metrics import Metrics
from orders.processor.queue import Message
from orders.telemetry import rfc3339

if TYPE_CHECKING:
    from uuid import UUID

_REMEMBERED_ORDERS = 100_000

_logger = logging.getLogger("orders.processor")


class Verdict(Enum):
    """What becomes of a message."""

    SETTLED = auto()
    """It is done with: acknowledge it."""
    FAILED = auto()
    """It has to be tried again, after a while."""
    LEFT = auto()
    """It is left to the queue, which delivers it again or moves it to the dead-letter queue."""


class Handler:
    """Handles messages, any number at the same time."""

    def __init__(self, payment: PaymentProvider, metrics: Metrics) -> None:
        """Pay with `payment`."""
        self._payment = payment
        self._metrics = metrics
        self._completed = RecentOrders(_REMEMBERED_ORDERS)
        self._in_work: set[UUID] = set()

    async def handle(self, message: Message) -> Verdict:
        """Pay for the message's order, unless that was done before or is being done; never raises.

        A duplicate of an order in work is left to come back: by then it is known whether the order was paid.
        """
        try:
            order = decode_order(message.body)
        except UnreadableOrderError as error:
            self._metrics.failed.labels("unreadable").inc()
            _logger.warning("order unreadable", extra=_delivery(message) | {"error": str(error)})
            return Verdict.LEFT
        if order.order_id in self._completed:
            self._metrics.duplicates.labels("completed").inc()
            return Verdict.SETTLED
        if order.order_id in self._in_work:
            self._metrics.duplicates.labels("in_work").inc()
            return Verdict.LEFT
        self._in_work.add(order.order_id)
        try:
            await self._payment.pay(order, idempotency_key=str(order.order_id))
        except PaymentError as error:
            self._metrics.failed.labels("payment").inc()
            _logger.warning("payment failed", extra=_delivery(message) | {"error": str(error)})
            return Verdict.FAILED
        except Exception:
            self._metrics.failed.labels("error").inc()
            _logger.exception("order failed", extra=_delivery(message))
            return Verdict.FAILED
        finally:
            self._in_work.discard(order.order_id)
        self._record(message, order)
        return Verdict.SETTLED

    def _record(self, message: Message, order: Order) -> None:
        """Write the ledger's record: exactly one for each payment; whoever closes the books reads it from the log."""
        completed_at = datetime.now(UTC)
        _logger.info(
            "order completed",
            extra={
                "order_id": str(order.order_id),
                "created_at": rfc3339(order.created_at),
                "completed_at": rfc3339(completed_at),
            }
            | _delivery(message),
        )
        self._completed.add(order.order_id)
        self._metrics.completed.inc()
        self._metrics.latency_seconds.observe((completed_at - order.created_at).total_seconds())


def _delivery(message: Message) -> dict[str, object]:
    return {"message_id": message.message_id, "receive_count": message.receive_count}
