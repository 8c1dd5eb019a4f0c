"""Publish orders in batches, with a limit on the orders that wait and on the time that each waits."""

import asyncio
import logging
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from orders.api.metrics import Metrics
from orders.api.settings import Settings
from orders.api.topic import Topic
from orders.aws import Failure
from orders.batching import Batcher, BatchPolicy, ClosedError, RejectedError
from orders.json_logging import RateLimitedWarning
from orders.model import Order, encode_ascii

RETRY_AFTER_SECONDS = 5
"""When a client may retry an order that was not published, and how long after a timeout the publisher is not ready."""

_LARGE_CALL_BYTES = 32 * 1024
"""A call of 256 KiB takes 10 ms of CPU time to write. Only one that large begins in each turn of the event loop."""


class Reason(StrEnum):
    """Why an order was not published, as a label of the metric `orders_rejected_total`."""

    QUEUE_FULL = "queue_full"
    TOPIC_UNAVAILABLE = "topic_away"
    CLOSING = "closing"


class UnavailableError(Exception):
    """The order was not confirmed as published. A retry may succeed."""

    def __init__(self, reason: Reason) -> None:
        """Create the error."""
        super().__init__(reason)
        self.reason = reason


class Publisher(Protocol):
    """Publishes orders."""

    @property
    def ready(self) -> bool:
        """Whether an order submitted now is likely to be published."""

    async def publish(self, order: Order) -> None:
        """Publish `order`, and return when it is published.

        Raises `UnavailableError` if a retry may succeed, and `RejectedError` if the order can never be published.
        """


class BatchingPublisher:
    """Publishes orders to a topic in batches."""

    def __init__(self, topic: Topic, settings: Settings, metrics: Metrics) -> None:
        """Create a publisher that is open."""
        self._topic = topic
        self._metrics = metrics
        self._queue_limit = settings.publish_queue_limit
        self._timeout = settings.publish_timeout_seconds
        self._unavailable_until = float("-inf")
        self._turn = asyncio.Lock()
        self._batcher = Batcher(
            self._send,
            BatchPolicy(
                linger=settings.publish_linger_seconds,
                max_calls_in_flight=settings.publish_calls_in_flight,
                send_when_idle=True,
            ),
            on_error=RateLimitedWarning(logging.getLogger(__name__), "publish call failed"),
        )
        self._warn_rejected = RateLimitedWarning(logging.getLogger(__name__), "order refused by SNS")
        metrics.queue_length.set_function(lambda: self._batcher.pending)
        metrics.calls_in_flight.set_function(lambda: self._batcher.calls_in_flight)

    @property
    def ready(self) -> bool:
        """Whether the publisher is open, its queue is not full and no order has timed out recently."""
        return (
            not self._batcher.closed
            and self._batcher.pending < self._queue_limit
            and asyncio.get_running_loop().time() >= self._unavailable_until
        )

    async def publish(self, order: Order) -> None:
        """Publish `order` in a batch, and return when its own entry has succeeded.

        Raises `UnavailableError` at once if the queue is full or the publisher is closed, and after
        `publish_timeout_seconds` without success; in that case the order may have been published nevertheless. Raises
        `RejectedError` if the topic rejected the order for good.
        """
        if self._batcher.pending >= self._queue_limit:
            raise UnavailableError(Reason.QUEUE_FULL)
        try:
            async with asyncio.timeout(self._timeout):
                await self._batcher.submit(encode_ascii(order))
        except TimeoutError as error:
            self._unavailable_until = asyncio.get_running_loop().time() + RETRY_AFTER_SECONDS
            raise UnavailableError(Reason.TOPIC_UNAVAILABLE) from error
        except RejectedError as error:
            self._warn_rejected(error)
            raise
        except ClosedError as error:
            raise UnavailableError(Reason.CLOSING) from error

    async def close(self, timeout_seconds: float) -> None:
        """Accept no more orders, publish the pending ones for up to `timeout_seconds`, and fail the rest."""
        await self._batcher.close(timeout_seconds)

    async def _send(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        if sum(map(len, messages)) > _LARGE_CALL_BYTES:
            async with self._turn:
                await asyncio.sleep(0)
        self._metrics.batch_size.observe(len(messages))
        with self._metrics.publish_seconds.time():
            results = await self._topic.publish(messages)
        for failure in filter(None, results):
            self._metrics.publish_failures.labels(failure.code).inc()
        self._unavailable_until = float("-inf")
        return results
