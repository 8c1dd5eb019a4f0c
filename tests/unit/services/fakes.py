"""Test doubles that both services share, and example orders."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from orders.model import Item, Order
from orders.payment import PaymentError

VALID_ORDER: dict[str, Any] = {"customer_id": 7, "items": [{"product_id": "lamp", "quantity": 2, "price": 19.5}]}


def make_order() -> Order:
    return Order(
        order_id=uuid.uuid4(),
        customer_id=7,
        status="pending",
        items=(Item("lamp", 2, 19.5),),
        created_at=datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC),
    )


class InstantPayment:
    """Takes each payment at once, if `reachable` is set, and keeps its key. Raises each of `failures` once."""

    def __init__(self) -> None:
        self.reachable = asyncio.Event()
        self.reachable.set()
        self.keys: list[str] = []
        self.failures: list[Exception] = []

    async def pay(self, order: Order, *, idempotency_key: str) -> None:
        assert order.customer_id
        await self.reachable.wait()
        self.keys.append(idempotency_key)
        if self.failures:
            raise self.failures.pop(0)


def declined() -> PaymentError:
    return PaymentError("declined")


class Metrics(Protocol):
    registry: CollectorRegistry


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return the value of a metric."""
    return metrics.registry.get_sample_value(name, labels)
