"""The processor: polls the queue, has the messages handled, and stops in good order.

A message's way: a slot is reserved, the message received, its order paid, the slot freed, the message acknowledged.
Each message is one task from its delivery to its acknowledgement; its visibility is kept for as long as the task lives.
"""

import asyncio
import logging
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress

from orders.aws import BATCH_LIMIT, Failure
from orders.backoff import backoff
from orders.batching import Batcher, Batching, ClosedError, RefusedError
from orders.processor.handler import Handler, Verdict
from orders.processor.metrics import Metrics
from orders.processor.queue import Message, Queue
from orders.processor.settings import Settings
from orders.processor.slots import Slots
from orders.processor.visibility import VisibilityKeeper
from orders.telemetry import RareWarning

_MAX_POLLERS = 10  # keep any number of workers busy: a poller hands its messages on and polls again
_ACKNOWLEDGE_CALLS = 4
_ACKNOWLEDGE_LINGER_SECONDS = 0.1
_RECEIVE_BACKOFF_SECONDS = 0.2, 5.0
_RETRY_BACKOFF_SECONDS = 2.0, 300.0
_HAND_BACK_SECONDS = 1.0
_FLUSH_SECONDS = 1.0

_logger = logging.getLogger(__name__)


def pollers_for(workers: int) -> int:
    """How many receives may run at once for this many workers."""
    return min(_MAX_POLLERS, math.ceil(workers / BATCH_LIMIT))


def connections_for(workers: int) -> int:
    """How many calls other than receives may run at once: deletes, hand-backs, and extensions of all messages."""
    return _ACKNOWLEDGE_CALLS + 2 * pollers_for(workers)


class Processor:
    """Has a queue's messages handled, at most `num_workers` at a time."""

    def __init__(self, queue: Queue, handler: Handler, settings: Settings, metrics: Metrics) -> None:
        """Take messages from `queue` and give them to `handler`."""
        self._queue = queue
        self._handler = handler
        self._metrics = metrics
        self._pollers = pollers_for(settings.num_workers)
        self._stop_timeout = settings.stop_timeout_seconds
        self._slots = Slots(settings.num_workers)
        self._keeper = VisibilityKeeper(queue, settings.visibility_timeout_seconds, metrics)
        self._acknowledger = Batcher(
            self._delete,
            Batching(linger=_ACKNOWLEDGE_LINGER_SECONDS, calls_in_flight=_ACKNOWLEDGE_CALLS, eager=False),
            size_of=len,
            on_error=RareWarning(_logger, "acknowledge call failed"),
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._working: dict[Message, asyncio.Task[None]] = {}
        self._receiving = True
        self._stopping = False
        self._warn_receive = RareWarning(_logger, "receive failed")
        metrics.in_work.set_function(lambda: len(self._working))
        metrics.free_slots.set_function(lambda: self._slots.free)

    @property
    def ready(self) -> bool:
        """Whether messages are taken: not stopping, and the last receive did not fail."""
        return self._receiving and not self._stopping

    async def run(self, stop: asyncio.Event) -> None:
        """Process until `stop` is set, then finish what is in hand, in `stop_timeout_seconds` at most.

        No receive begins after that. Those in flight are waited for and not cut off: a queue does not notice at once,
        and what it gives to a receive that nobody listens to stays invisible for its whole timeout. What they still
        bring is handed back, and so is what cannot be finished in time. Acknowledgements go last.
        """
        keeper = asyncio.create_task(self._keeper.run())
        pollers = [asyncio.create_task(self._poll()) for _ in range(self._pollers)]
        await stop.wait()

        self._stopping = True
        _logger.info("stopping", extra={"in_work": len(self._working)})
        timeout = self._stop_timeout - _HAND_BACK_SECONDS - _FLUSH_SECONDS
        await asyncio.wait([*pollers, *self._tasks], timeout=timeout)
        await _cancel(pollers)
        unfinished = dict(self._working)
        await _cancel(unfinished.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(_HAND_BACK_SECONDS):
                await self._keeper.hand_back(unfinished, 0)
        await self._acknowledger.close(_FLUSH_SECONDS)
        await _cancel([keeper])
        _logger.info("stopped", extra={"handed_back": len(unfinished)})

    async def _poll(self) -> None:
        failures = 0
        while not self._stopping:
            reserved = await self._slots.reserve(BATCH_LIMIT)
            started = 0
            try:
                started = await self._receive(reserved)
                failures = 0
            except Exception as error:  # noqa: BLE001  # whatever keeps the queue away, polling goes on
                failures += 1
                self._receiving = False
                self._metrics.receive_errors.inc()
                self._warn_receive(error)
            finally:
                self._slots.release(reserved - started)
            if failures:
                first, longest = _RECEIVE_BACKOFF_SECONDS
                await asyncio.sleep(backoff(failures, first=first, longest=longest))

    async def _receive(self, limit: int) -> int:
        """Receive up to `limit` messages and start work on them; give their number, 0 when stopping."""
        if self._stopping:
            return 0
        messages = await self._queue.receive(limit)
        self._receiving = True
        self._metrics.received.inc(len(messages))
        if self._stopping:
            await self._keeper.hand_back(messages, 0)
            return 0
        for message in messages:
            self._start(message)
        return len(messages)

    def _start(self, message: Message) -> None:
        task = asyncio.create_task(self._process(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._working[message] = task
        self._keeper.hold(message, on_lost=task.cancel)

    async def _process(self, message: Message) -> None:
        try:
            try:
                verdict = await self._handler.handle(message)
            finally:
                del self._working[message]
                self._slots.release(1)
            if verdict is Verdict.SETTLED:
                await self._acknowledge(message)
            elif verdict is Verdict.FAILED:
                first, longest = _RETRY_BACKOFF_SECONDS
                delay = backoff(message.receive_count, first=first, longest=longest)
                await self._keeper.hand_back([message], math.ceil(delay))
        finally:
            self._keeper.drop(message)

    async def _acknowledge(self, message: Message) -> None:
        try:
            await self._acknowledger.submit(message.receipt_handle)
        except (RefusedError, ClosedError) as error:
            # It is delivered once more, and known as completed by then; here nothing is left to do.
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
