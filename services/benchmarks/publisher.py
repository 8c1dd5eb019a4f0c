# ruff: noqa: INP001  # a script, part of no package
"""Compare the throughput of the batching publisher with that of one publish call per order.

Both publish to an in-memory topic whose calls take 8 ms, with the same number of callers and of calls in flight. The
benchmark compares the strategies only: a real call also costs CPU time, of which batching saves most. Run it from the
repository's root:

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
from orders.model import Order, create_order, decode_new_order, encode_ascii

CALL_SECONDS = 0.008
CALLERS = 128
ORDERS_PER_CALLER = 100
SETTINGS = Settings(aws_region="us-west-2", sns_topic_arn="arn:aws:sns:us-west-2:000000000000:orders")
NEW_ORDER = decode_new_order(b'{"customer_id": 1, "items": [{"product_id": "lamp", "quantity": 1, "price": 10}]}')


class MemoryTopic:
    """Accepts all messages, after the duration of a call."""

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Accept a batch."""
        await asyncio.sleep(CALL_SECONDS)
        return [None] * len(messages)


async def throughput(publish: Callable[[Order], Awaitable[None]]) -> float:
    """Return the orders per second of concurrent callers that publish one order after another."""

    async def call() -> None:
        for _ in range(ORDERS_PER_CALLER):
            await publish(create_order(NEW_ORDER, None))

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return CALLERS * ORDERS_PER_CALLER / (time.perf_counter() - start)


async def main() -> None:
    """Measure both strategies, and print the figures and their ratio."""
    topic = MemoryTopic()
    permits = asyncio.Semaphore(SETTINGS.publish_calls_in_flight)

    async def publish_single(order: Order) -> None:
        async with permits:
            await topic.publish([encode_ascii(order)])

    publisher = BatchingPublisher(topic, SETTINGS, Metrics())
    single = await throughput(publish_single)
    batched = await throughput(publisher.publish)
    await publisher.close(1)
    sys.stdout.write(f"single {single:,.0f}/s, batched {batched:,.0f}/s, ratio {batched / single:.1f}\n")


if __name__ == "__main__":
    uvloop.run(main())
