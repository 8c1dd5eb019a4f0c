"""Handle one message: read its order, pay for it once, and record the completion in the log."""

import logging
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from orders.json_logging import rfc3339
from orders.model import InvalidOrderError, Order, decode_order
from orders.payment import PaymentError, PaymentProvider
from orders.processor.deduplication import RecentOrders
from orders.processor.metrics import Metrics
from orders.processor.queue import Message

if TYPE_CHECKING:
    from uuid import UUID

_RECENT_ORDERS = 100_000

_logger = logging.getLogger("orders.processor")


class Disposition(Enum):
    """What to do with a message that was handled."""

    ACKNOWLEDGE = auto()
    """Delete it: its order is paid for."""
    RETRY = auto()
    """Return it to the queue with a delay: the payment failed."""
    LEAVE = auto()
    """Let its visibility timeout end. The queue delivers it again, or moves it to the dead-letter queue."""


class Handler:
    """Handles messages, any number of them concurrently."""

    def __init__(self, payment: PaymentProvider, metrics: Metrics) -> None:
        """Create a handler that pays with `payment`."""
        self._payment = payment
        self._metrics = metrics
        self._completed = RecentOrders(_RECENT_ORDERS)
        self._in_progress: dict[UUID, int] = {}

    async def handle(self, message: Message) -> Disposition:
        """Pay for the message's order, unless it is paid for or in progress. Never raises, but can be cancelled.

        A duplicate of an order in progress is left: when it is delivered again, the result of the payment is known.
        """
        try:
            order = decode_order(message.body)
        except InvalidOrderError as error:
            self._metrics.failed.labels("unreadable").inc()
            _logger.warning("order unreadable", extra=_delivery(message) | {"error": str(error)})
            return Disposition.LEAVE
        content = hash((order.customer_id, order.items))
        known = self._in_progress.get(order.order_id, self._completed.get(order.order_id))
        if known is not None:
            return self._handle_known(message, order, same=known == content)
        self._in_progress[order.order_id] = content
        try:
            await self._payment.pay(order, idempotency_key=str(order.order_id))
        except PaymentError as error:
            self._metrics.failed.labels("payment").inc()
            _logger.warning("payment failed", extra=_delivery(message) | {"error": str(error)})
            return Disposition.RETRY
        except Exception:
            self._metrics.failed.labels("error").inc()
            _logger.exception("order failed", extra=_delivery(message))
            return Disposition.RETRY
        finally:
            self._in_progress.pop(order.order_id, None)
        self._completed.add(order.order_id, content)
        self._record(message, order)
        return Disposition.ACKNOWLEDGE

    def _handle_known(self, message: Message, order: Order, *, same: bool) -> Disposition:
        """Handle an order whose id is paid for or in progress.

        Only the same order is a duplicate. Another one is left to the queue's redrive policy: it must not get lost, and
        the payment provider would take it for a duplicate.
        """
        if not same:
            self._metrics.failed.labels("conflict").inc()
            _logger.warning("order conflicts", extra=_delivery(message) | {"order_id": str(order.order_id)})
            return Disposition.LEAVE
        if order.order_id in self._in_progress:
            self._metrics.duplicates.labels("in_work").inc()
            return Disposition.LEAVE
        self._metrics.duplicates.labels("completed").inc()
        return Disposition.ACKNOWLEDGE

    def _record(self, message: Message, order: Order) -> None:
        """Log the completion, exactly once per payment: the load test reads its ledger from these records."""
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
        self._metrics.completed.inc()
        self._metrics.latency_seconds.observe((completed_at - order.created_at).total_seconds())


def _delivery(message: Message) -> dict[str, object]:
    return {"message_id": message.message_id, "receive_count": message.receive_count}
