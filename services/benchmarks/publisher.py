# ruff: noqa: INP001  # a script, part of no package
"""What batching brings: orders per second through the batching publisher against one publish call per order.

Both publish to an in-memory topic whose calls take 8 ms, with as many calls in flight and as many callers. What is
compared is the strategy: a real call also costs CPU, which batching saves as well. Run it from the repository's root:

    PYTHONPATH=services/src python services/benchmarks/publisher.py
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from orders.api.metrics import Metrics
from orders.api.publisher import BatchingPublisher
from orders.api.settings import Settings
from orders.aws import Failure
from orders.model import Order, accept, decode_new_order, encode

CALL_SECONDS = 0.008
CALLERS = 128
ORDERS_PER_CALLER = 100
SETTINGS = Settings(aws_region="us-west-2", sns_topic_arn="arn:aws:sns:us-west-2:000000000000:orders")
ORDER = decode_new_order(b'{"customer_id": 1, "items": [{"product_id": "lamp", "quantity": 1, "price": 10}]}')


class MemoryTopic:
    """Takes everything, after a while."""

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Take a batch of any size."""
        await asyncio.sleep(CALL_SECONDS)
        return [None] * len(messages)


async def orders_per_second(publish: Callable[[Order], Awaitable[None]]) -> float:
    """Let every caller publish one order after the other."""

    async def call() -> None:
        for _ in range(ORDERS_PER_CALLER):
            await publish(accept(ORDER, None))

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return CALLERS * ORDERS_PER_CALLER / (time.perf_counter() - start)


async def main() -> None:
    """Measure both and print the ratio."""
    topic = MemoryTopic()
    in_flight = asyncio.Semaphore(SETTINGS.publish_calls_in_flight)

    async def publish_alone(order: Order) -> None:
        async with in_flight:
            await topic.publish([encode(order)])

    publisher = BatchingPublisher(topic, SETTINGS, Metrics())
    alone = await orders_per_second(publish_alone)
    batched = await orders_per_second(publisher.publish)
    await publisher.close(1)
    sys.stdout.write(f"alone {alone:,.0f}/s, batched {batched:,.0f}/s, ratio {batched / alone:.1f}\n")


if __name__ == "__main__":
    uvloop.run(main())
