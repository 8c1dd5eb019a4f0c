"""The publisher: bounds how many orders wait for the topic and for how long, and batches those that do."""

import asyncio
import logging
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from orders.api.metrics import Metrics
from orders.api.settings import Settings
from orders.api.topic import Topic
from orders.aws import Failure
from orders.batching import Batcher, Batching, ClosedError
from orders.model import Order, encode
from orders.telemetry import RareWarning

RETRY_AFTER_SECONDS = 5
"""When a client whose order was not published may try again, and for how long a topic that failed counts as away."""


class Reason(StrEnum):
    """Why an order was not published."""

    QUEUE_FULL = "queue_full"
    TOPIC_AWAY = "topic_away"
    CLOSING = "closing"


class UnavailableError(Exception):
    """The order was not confirmed as published; trying later may help."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class Publisher(Protocol):
    """Publishes orders."""

    @property
    def ready(self) -> bool:
        """Whether an order handed in now has a good chance to be published."""

    async def publish(self, order: Order) -> None:
        """Publish `order`; return once it is. Raises `UnavailableError`, or `RefusedError` if it never can be."""


class BatchingPublisher:
    """Publishes orders to a topic in batches."""

    def __init__(self, topic: Topic, settings: Settings, metrics: Metrics) -> None:
        """Publish to `topic`."""
        self._topic = topic
        self._metrics = metrics
        self._queue_limit = settings.publish_queue_limit
        self._timeout = settings.publish_timeout_seconds
        self._away_until = float("-inf")
        self._batcher = Batcher(
            self._send,
            Batching(
                linger=settings.publish_linger_seconds, calls_in_flight=settings.publish_calls_in_flight, eager=True
            ),
            size_of=len,
            on_error=RareWarning(logging.getLogger(__name__), "publish call failed"),
        )
        metrics.queue_length.set_function(lambda: self._batcher.unresolved)
        metrics.in_flight.set_function(lambda: self._batcher.calls)

    @property
    def ready(self) -> bool:
        """Not closed, not full, and the topic not known to be away."""
        return (
            not self._batcher.closed
            and self._batcher.unresolved < self._queue_limit
            and asyncio.get_running_loop().time() >= self._away_until
        )

    async def publish(self, order: Order) -> None:
        """Publish `order` with others that arrive at the time; return once its own entry succeeded.

        Raises `UnavailableError` at once if too many wait already, or if the topic did not take the order in time (it
        may yet turn out to have been published); `RefusedError` if the topic refused this order for good.
        """
        if self._batcher.unresolved >= self._queue_limit:
            raise UnavailableError(Reason.QUEUE_FULL)
        try:
            async with asyncio.timeout(self._timeout):
                await self._batcher.submit(encode(order))
        except TimeoutError as error:
            self._away_until = asyncio.get_running_loop().time() + RETRY_AFTER_SECONDS
            raise UnavailableError(Reason.TOPIC_AWAY) from error
        except ClosedError as error:
            raise UnavailableError(Reason.CLOSING) from error

    async def close(self, seconds: float) -> None:
        """Refuse further orders, publish those taken for at most `seconds`, then fail the rest."""
        await self._batcher.close(seconds)

    async def _send(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        self._metrics.batch_size.observe(len(messages))
        with self._metrics.publish_seconds.time():
            results = await self._topic.publish(messages)
        for failure in filter(None, results):
            self._metrics.publish_failures.labels(failure.code).inc()
        self._away_until = float("-inf")
        return results
