"""Batch single items into batch calls, and report to each submitter the result of its own item.

Items that arrive during a call are sent together in the next one: batches grow with the load, and a single item does
not wait. The API publishes orders with it; the processor acknowledges messages with it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence, Sized
from dataclasses import dataclass

from orders.aws import MAX_BATCH_BYTES, MAX_BATCH_ENTRIES, Failure
from orders.backoff import Backoff

_RETRY_BACKOFF = Backoff(base=0.1, cap=2.0)


class RejectedError(Exception):
    """The AWS service rejected the item as the sender's fault. A retry is useless."""


class ClosedError(Exception):
    """The batcher closed before it could send the item."""


@dataclass(slots=True, eq=False)
class _Entry[T]:
    item: T
    arrived: float
    result: asyncio.Future[None]
    failures: int = 0
    backoff: asyncio.TimerHandle | None = None


@dataclass(frozen=True, kw_only=True)
class BatchPolicy:
    """When to send a batch that is not full. A batch of 10 entries or 262,144 bytes is always sent."""

    linger: float
    """Seconds after which the oldest item no longer waits for others."""
    max_calls_in_flight: int
    send_when_idle: bool
    """Whether an item also stops waiting when no call is in flight."""


class Batcher[T: Sized]:
    """Sends items in batches.

    An entry that failed is sent again, without those that succeeded, after a backoff, until its submitter gives up. The
    exception is a failure with `sender_fault`: it is final. An item whose submitter is cancelled before the call begins
    is not sent, and takes no more memory.
    """

    def __init__(
        self,
        send: Callable[[Sequence[T]], Awaitable[Sequence[Failure | None]]],
        policy: BatchPolicy,
        *,
        on_error: Callable[[Exception], None],
    ) -> None:
        """Create a batcher that is open.

        `send` makes one batch call. It returns one result per item, in the items' order, or raises if the whole call
        failed; `on_error` is called with what it raised. `len` of an item is its size in bytes.
        """
        self._send = send
        self._policy = policy
        self._on_error = on_error
        self._waiting: OrderedDict[_Entry[T], None] = OrderedDict()
        self._waiting_bytes = 0
        self._pending: set[asyncio.Future[None]] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pending(self) -> int:
        """The number of items without a result: waiting, in flight or in backoff."""
        return len(self._pending)

    @property
    def waiting(self) -> int:
        """The number of items that wait for a call."""
        return len(self._waiting)

    @property
    def calls_in_flight(self) -> int:
        """The number of calls in flight."""
        return len(self._calls)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    async def submit(self, item: T) -> None:
        """Send `item`, and return when its own entry has succeeded.

        Raises `RejectedError` if the entry failed for good, and `ClosedError` if the batcher closed first.
        """
        if self._closed:
            raise ClosedError
        loop = asyncio.get_running_loop()
        entry = _Entry(item, loop.time(), loop.create_future())
        self._pending.add(entry.result)
        try:
            self._enqueue(entry)
            await entry.result
        finally:
            self._pending.discard(entry.result)
            self._drop(entry)

    async def close(self, timeout_seconds: float) -> None:
        """Accept no more items, send the pending ones for up to `timeout_seconds`, and fail the rest.

        The submitters of the rest get `ClosedError`.
        """
        self._closed = True
        self._send_due_batches()
        if self._pending:
            _, late = await asyncio.wait(self._pending, timeout=timeout_seconds)
            for result in late:
                result.set_exception(ClosedError())
        if self._timer:
            self._timer.cancel()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def _enqueue(self, entry: _Entry[T]) -> None:
        entry.backoff = None
        self._waiting[entry] = None
        self._waiting_bytes += len(entry.item)
        self._send_due_batches()

    def _drop(self, entry: _Entry[T]) -> None:
        """Remove an entry that waits or is in backoff."""
        if entry.backoff:
            entry.backoff.cancel()
        if entry in self._waiting:
            del self._waiting[entry]
            self._waiting_bytes -= len(entry.item)

    def _send_due_batches(self) -> None:
        """Start every call that is due, and set the timer for the next one."""
        while self._waiting and len(self._calls) < self._policy.max_calls_in_flight:
            if not self._due():
                self._set_timer()
                return
            if batch := self._take_batch():
                call = asyncio.get_running_loop().create_task(self._call(batch))
                self._calls.add(call)
                call.add_done_callback(self._call_done)

    def _due(self) -> bool:
        return (
            len(self._waiting) >= MAX_BATCH_ENTRIES
            or self._waiting_bytes >= MAX_BATCH_BYTES
            or (self._policy.send_when_idle and not self._calls)
            or self._closed
            or asyncio.get_running_loop().time() >= self._oldest.arrived + self._policy.linger
        )

    @property
    def _oldest(self) -> _Entry[T]:
        return next(iter(self._waiting))

    def _take_batch(self) -> list[_Entry[T]]:
        """Remove the oldest entries that fit into one call. Leave out those that have a result."""
        batch: list[_Entry[T]] = []
        batch_bytes = 0
        while self._waiting and len(batch) < MAX_BATCH_ENTRIES:
            entry = self._oldest
            size = len(entry.item)
            done = entry.result.done()
            if not done and batch and batch_bytes + size > MAX_BATCH_BYTES:
                break
            del self._waiting[entry]
            self._waiting_bytes -= size
            if not done:
                batch.append(entry)
                batch_bytes += size
        return batch

    def _set_timer(self) -> None:
        if self._timer is None:
            due_at = self._oldest.arrived + self._policy.linger
            self._timer = asyncio.get_running_loop().call_at(due_at, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._send_due_batches()

    def _call_done(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._send_due_batches()

    async def _call(self, batch: Sequence[_Entry[T]]) -> None:
        try:
            results = await self._send([entry.item for entry in batch])
        except Exception as error:  # noqa: BLE001  # whatever the error is, the submitters need a result
            self._on_error(error)
            results = [Failure("CallFailed", sender_fault=False)] * len(batch)
        for entry, failure in zip(batch, results, strict=True):
            self._resolve(entry, failure)

    def _resolve(self, entry: _Entry[T], failure: Failure | None) -> None:
        if entry.result.done():
            return
        if failure is None:
            entry.result.set_result(None)
        elif failure.sender_fault:
            entry.result.set_exception(RejectedError(failure.code))
        else:
            entry.failures += 1
            delay = _RETRY_BACKOFF.delay(entry.failures)
            entry.backoff = asyncio.get_running_loop().call_later(delay, self._enqueue, entry)
