"""Test doubles of the API's dependencies."""

import asyncio
from collections.abc import Sequence

from orders.aws import Failure
from orders.model import Order


class MemoryTopic:
    """Keeps the published batches. Each call takes `seconds`, and fails with `failure` if it is set."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self.batches: list[list[bytes]] = []
        self.failure: Failure | Exception | None = None

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        self.batches.append(list(messages))
        await asyncio.sleep(self.seconds)
        if isinstance(self.failure, Exception):
            raise self.failure
        return [self.failure] * len(messages)


class MemoryPublisher:
    """Keeps the published orders once `reachable` is set, or raises `failure` if it is set."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.failure: Exception | None = None
        self.ready = True
        self.open = False
        self.reachable = asyncio.Event()
        self.reachable.set()

    async def publish(self, order: Order) -> None:
        if self.failure:
            raise self.failure
        await self.reachable.wait()
        self.orders.append(order)
