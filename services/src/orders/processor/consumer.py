"""Consume the queue: receive messages, handle them concurrently, acknowledge them, and shut down gracefully.

The steps for a message: acquire a permit, receive the message, pay for its order, release the permit, acknowledge the
message. One task takes a message from its delivery to its acknowledgement, and its visibility is extended meanwhile.
"""

import asyncio
import logging
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

from orders.aws import MAX_BATCH_ENTRIES, Failure
from orders.backoff import Backoff
from orders.batching import Batcher, BatchPolicy, ClosedError, RejectedError
from orders.json_logging import RateLimitedWarning
from orders.processor.handler import Disposition, Handler
from orders.processor.metrics import Metrics
from orders.processor.permits import Permits
from orders.processor.queue import Message, Queue
from orders.processor.settings import Settings
from orders.processor.visibility import VisibilityExtender

_MAX_POLLERS = 10  # enough for any number of workers: a poller does not wait until its messages are handled
_ACKNOWLEDGEMENT_POLICY = BatchPolicy(linger=0.1, max_calls_in_flight=4, send_when_idle=False)
_RECEIVE_BACKOFF = Backoff(base=0.2, cap=5.0)
_RETRY_BACKOFF = Backoff(base=2.0, cap=300.0)
_RETURN_TIMEOUT_SECONDS = 1.0
_ACKNOWLEDGEMENT_TIMEOUT_SECONDS = 1.0

_logger = logging.getLogger(__name__)


def max_receive_calls(workers: int) -> int:
    """Return how many receive calls a consumer with that many workers makes at the same time."""
    return min(_MAX_POLLERS, math.ceil(workers / MAX_BATCH_ENTRIES))


def max_other_calls(workers: int) -> int:
    """Return how many other calls it makes at the same time: to delete messages, return them and extend them."""
    return _ACKNOWLEDGEMENT_POLICY.max_calls_in_flight + 2 * max_receive_calls(workers)


class Consumer:
    """Consumes a queue, with at most `num_workers` messages in progress."""

    def __init__(self, queue: Queue, handler: Handler, settings: Settings, metrics: Metrics) -> None:
        """Create a consumer that passes the messages of `queue` to `handler`."""
        self._queue = queue
        self._handler = handler
        self._metrics = metrics
        self._pollers = max_receive_calls(settings.num_workers)
        self._stop_timeout = settings.stop_timeout_seconds
        self._permits = Permits(settings.num_workers)
        self._extender = VisibilityExtender(queue, settings.visibility_timeout_seconds, metrics)
        self._acknowledger = Batcher(
            self._delete, _ACKNOWLEDGEMENT_POLICY, on_error=RateLimitedWarning(_logger, "acknowledge call failed")
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_progress: dict[Message, asyncio.Task[None]] = {}
        self._late: set[Message] = set()
        self._receiving = True
        self._stopping = False
        self._warn_receive = RateLimitedWarning(_logger, "receive failed")
        metrics.in_progress.set_function(lambda: len(self._in_progress))
        metrics.available_permits.set_function(lambda: self._permits.available)

    @property
    def ready(self) -> bool:
        """Whether the consumer is not stopping and its last receive call did not fail."""
        return self._receiving and not self._stopping

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then shut down within `stop_timeout_seconds`.

        The shutdown starts no receive call, and waits for those in flight: if it cancelled one, the queue could still
        deliver messages to it, and they would be invisible until their visibility timeout ends. It returns to the
        queue what these calls deliver, after the last of them, and the messages that are not handled in time. Last, it
        acknowledges the rest.
        """
        extending = asyncio.create_task(self._extender.run())
        polling = [asyncio.create_task(self._poll()) for _ in range(self._pollers)]
        await stop.wait()

        self._stopping = True
        _logger.info("stopping", extra={"in_work": len(self._in_progress)})
        timeout = self._stop_timeout - _RETURN_TIMEOUT_SECONDS - _ACKNOWLEDGEMENT_TIMEOUT_SECONDS
        returning = asyncio.create_task(self._return_late(polling))
        await asyncio.wait([returning, *self._tasks], timeout=timeout)
        await _cancel([*polling, returning])
        unfinished = dict(self._in_progress)
        await _cancel(unfinished.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(_RETURN_TIMEOUT_SECONDS):
                await self._extender.return_to_queue([*self._late, *unfinished], 0)
        await self._acknowledger.close(_ACKNOWLEDGEMENT_TIMEOUT_SECONDS)
        await _cancel([extending])
        _logger.info("stopped", extra={"handed_back": len(unfinished)})

    async def _poll(self) -> None:
        failures = 0
        while not self._stopping:
            acquired = await self._permits.acquire(MAX_BATCH_ENTRIES)
            started = 0
            try:
                started = await self._receive(acquired)
                failures = 0
            except Exception as error:  # noqa: BLE001  # whatever the error is, polling continues
                failures += 1
                self._receiving = False
                self._metrics.receive_errors.inc()
                self._warn_receive(error)
            finally:
                self._permits.release(acquired - started)
            if failures:
                await asyncio.sleep(_RECEIVE_BACKOFF.delay(failures))

    async def _receive(self, max_messages: int) -> int:
        """Receive messages, start a task for each, and return how many were started: none while stopping.

        While stopping, messages are kept invisible. If they were returned to the queue at once, the other receive calls
        could receive them again, and return them again, until the queue moves them to its dead-letter queue.
        """
        if self._stopping:
            return 0
        messages = await self._queue.receive(max_messages)
        self._receiving = True
        self._metrics.received.inc(len(messages))
        if self._stopping:
            for message in messages:
                self._late.add(message)
                self._extender.track(message, on_lost=partial(self._late.discard, message))
            return 0
        for message in messages:
            self._start(message)
        return len(messages)

    async def _return_late(self, polling: Iterable[asyncio.Task[None]]) -> None:
        """Return to the queue what was received while stopping, when the last receive call has ended."""
        await asyncio.wait(polling)
        late = list(self._late)
        self._late.clear()
        await self._extender.return_to_queue(late, 0)

    def _start(self, message: Message) -> None:
        task = asyncio.create_task(self._process(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._in_progress[message] = task
        self._extender.track(message, on_lost=task.cancel)

    async def _process(self, message: Message) -> None:
        try:
            try:
                disposition = await self._handler.handle(message)
            finally:
                del self._in_progress[message]
                self._permits.release(1)
            if disposition is Disposition.ACKNOWLEDGE:
                await self._acknowledge(message)
            elif disposition is Disposition.RETRY:
                delay = math.ceil(_RETRY_BACKOFF.delay(message.receive_count))
                await self._extender.return_to_queue([message], delay)
        finally:
            self._extender.untrack(message)

    async def _acknowledge(self, message: Message) -> None:
        try:
            await self._acknowledger.submit(message.receipt_handle)
        except (RejectedError, ClosedError) as error:
            # The message is delivered again. If this process receives it, the handler knows its order as completed.
            _logger.warning("not acknowledged", extra={"message_id": message.message_id, "error": repr(error)})

    async def _delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        self._metrics.acknowledge_batch.observe(len(receipt_handles))
        results = await self._queue.delete(receipt_handles)
        for failure in filter(None, results):
            self._metrics.acknowledge_failures.labels(failure.code).inc()
        return results


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
