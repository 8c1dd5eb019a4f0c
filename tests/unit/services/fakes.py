"""Stand-ins for what the services depend on, and examples of what they handle."""

import uuid
from datetime import UTC, datetime
from typing import Any

from orders.model import Item, Order
from orders.payment import PaymentError

VALID_ORDER: dict[str, Any] = {"customer_id": 7, "items": [{"product_id": "lamp", "quantity": 2, "price": 19.5}]}


def make_order(order_id: uuid.UUID | None = None) -> Order:
    return Order(
        order_id=order_id or uuid.uuid4(),
        customer_id=7,
        status="pending",
        items=(Item("lamp", 2, 19.5),),
        created_at=datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC),
    )


class InstantPayment:
    """Takes each payment at once and keeps its key; fails as often as it is told to."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.failures: list[Exception] = []

    async def pay(self, order: Order, *, idempotency_key: str) -> None:
        assert order.customer_id
        self.keys.append(idempotency_key)
        if self.failures:
            raise self.failures.pop(0)


def declined() -> PaymentError:
    return PaymentError("declined")
