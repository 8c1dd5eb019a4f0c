"""The payment provider: its interface, and a simulation of one."""

import asyncio
from typing import Protocol

from orders.model import Order


class PaymentError(Exception):
    """The provider did not take the payment. A retry may succeed."""


class PaymentProvider(Protocol):
    """Takes payments."""

    async def pay(self, order: Order, *, idempotency_key: str) -> None:
        """Take the payment for `order`. Raises `PaymentError` if the provider cannot take it now.

        The provider charges at most once per `idempotency_key`, however often it is called.
        """


class SimulatedPaymentProvider:
    """Takes every payment, and charges nobody."""

    def __init__(self, payment_seconds: float, *, max_concurrent_payments: int) -> None:
        """Create a provider whose payments take `payment_seconds` each. Further callers wait their turn."""
        self._payment_seconds = payment_seconds
        self._permits = asyncio.Semaphore(max_concurrent_payments)

    async def pay(self, order: Order, *, idempotency_key: str) -> None:  # noqa: ARG002  # a simulation charges nobody
        """Wait for a permit, then for the duration of a payment."""
        async with self._permits:
            await asyncio.sleep(self._payment_seconds)
