"""The payment provider: the seam, and the simulation that stands in for a real one."""

import asyncio
from typing import Protocol

from orders.model import Order


class PaymentError(Exception):
    """The provider did not take the payment; it may be tried again."""


class PaymentProvider(Protocol):
    """Takes payments."""

    async def pay(self, order: Order, *, idempotency_key: str) -> None:
        """Take the payment for `order`; raise `PaymentError` if it cannot be taken now.

        The provider charges at most once per `idempotency_key`, however often it is asked.
        """


class SimulatedProvider:
    """Takes every payment, each in `seconds`, at most `at_once` of them at the same time; others wait in line."""

    def __init__(self, seconds: float, *, at_once: int) -> None:
        """`seconds` per payment; `at_once` is at least 1."""
        self._seconds = seconds
        self._lanes = asyncio.Semaphore(at_once)

    async def pay(self, order: Order, *, idempotency_key: str) -> None:  # noqa: ARG002  # a simulation charges nobody
        """Wait for a free lane, then for as long as a payment takes."""
        async with self._lanes:
            await asyncio.sleep(self._seconds)
