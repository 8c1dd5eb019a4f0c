"""Handle one message: read its order, pay for it once, and record the completion in the log."""

import asyncio
import logging
from dataclasses import dataclass, field
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


@dataclass(slots=True, eq=False)
class _Payment:
    """The payment of an order in progress."""

    content: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    disposition: Disposition | None = None
    """What to do with the message and its duplicates. None until the payment ends, and if it was cancelled."""


class Handler:
    """Handles messages, any number of them concurrently."""

    def __init__(self, payment: PaymentProvider, metrics: Metrics) -> None:
        """Create a handler that pays with `payment`."""
        self._payment = payment
        self._metrics = metrics
        self._completed = RecentOrders(_RECENT_ORDERS)
        self._in_progress: dict[UUID, _Payment] = {}

    async def handle(self, message: Message) -> Disposition:
        """Pay for the message's order, unless it is paid for or in progress. Never raises, but can be cancelled.

        A duplicate of an order in progress waits for that payment, and is treated like the first message. If it were
        delivered again until then, it could use up the receives that the queue allows.
        """
        try:
            order = decode_order(message.body)
        except InvalidOrderError as error:
            self._metrics.failed.labels("unreadable").inc()
            _logger.warning("order unreadable", extra=_delivery(message) | {"error": str(error)})
            return Disposition.LEAVE
        content = _content(order)
        while payment := self._in_progress.get(order.order_id):
            if payment.content != content:
                return self._leave_conflict(message, order)
            await payment.ended.wait()
            if payment.disposition:
                self._note_duplicate(message, order, "in_work")
                return payment.disposition
        completed = self._completed.get(order.order_id)
        if completed is not None:
            if completed != content:
                return self._leave_conflict(message, order)
            self._note_duplicate(message, order, "completed")
            return Disposition.ACKNOWLEDGE
        payment = self._in_progress[order.order_id] = _Payment(content)
        try:
            payment.disposition = await self._pay(message, order)
            return payment.disposition
        finally:
            del self._in_progress[order.order_id]
            payment.ended.set()

    async def _pay(self, message: Message, order: Order) -> Disposition:
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
        self._completed.add(order.order_id, _content(order))
        self._record(message, order)
        return Disposition.ACKNOWLEDGE

    def _note_duplicate(self, message: Message, order: Order, state: str) -> None:
        """Count and log an order that was delivered again, and is not paid for again: the load test reads the log."""
        self._metrics.duplicates.labels(state).inc()
        _logger.info("order delivered again", extra={"order_id": str(order.order_id)} | _delivery(message))

    def _leave_conflict(self, message: Message, order: Order) -> Disposition:
        """Leave another order with the id of one that is paid for or in progress to the queue's redrive policy.

        It must not get lost, and the payment provider would take it for a duplicate.
        """
        self._metrics.failed.labels("conflict").inc()
        _logger.warning("order conflicts", extra=_delivery(message) | {"order_id": str(order.order_id)})
        return Disposition.LEAVE

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


def _content(order: Order) -> int:
    return hash((order.customer_id, order.items))


def _delivery(message: Message) -> dict[str, object]:
    return {"message_id": message.message_id, "receive_count": message.receive_count}
