"""Batching: single items, handed in at any time, travel together in batch calls, and each learns its own outcome.

What arrives while a call is in flight goes out together in the next one, so batches grow with the load and a lone item
does not wait. The API publishes orders through it, the processor acknowledges messages.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from orders.aws import BATCH_LIMIT, Failure
from orders.backoff import backoff


class RefusedError(Exception):
    """The receiving service refused the item through its sender's fault; sending it again is useless."""


class ClosedError(Exception):
    """The batcher is closed: the item was not taken, or could not be sent in time."""


@dataclass(slots=True)
class _Entry[T]:
    item: T
    size: int
    arrived: float
    outcome: asyncio.Future[None]
    failures: int = 0


@dataclass(frozen=True, kw_only=True)
class Batching:
    """When a batch is sent: at `BATCH_LIMIT` entries, at `max_bytes`, or when its oldest entry has waited `linger`."""

    linger: float
    """Seconds."""
    calls_in_flight: int
    eager: bool
    """Also send whenever no call is in flight."""
    max_bytes: int = 262_144
    """Sum of the items' sizes in one call; SNS and SQS allow this much."""
    first_backoff: float = 0.1
    """Seconds, as `longest_backoff`, before a failed entry is sent again."""
    longest_backoff: float = 2.0


class Batcher[T]:
    """Sends items in batches through `send`, which returns one outcome per item in their order, or raises for all.

    An entry that failed through no fault of its sender is sent again, without those that succeeded, with backoff and
    for as long as its submitter waits. An item whose submitter has gone away is dropped if it was not sent yet.
    """

    def __init__(
        self,
        send: Callable[[Sequence[T]], Awaitable[Sequence[Failure | None]]],
        policy: Batching,
        *,
        size_of: Callable[[T], int],
        on_error: Callable[[Exception], None],
    ) -> None:
        """`size_of` gives an item's bytes; `on_error` hears of each call that failed as a whole."""
        self._send = send
        self._policy = policy
        self._size_of = size_of
        self._on_error = on_error
        self._waiting: deque[_Entry[T]] = deque()
        self._waiting_bytes = 0
        self._unresolved: set[asyncio.Future[None]] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def unresolved(self) -> int:
        """Items taken whose outcome is not known yet: waiting, in flight or backing off."""
        return len(self._unresolved)

    @property
    def calls(self) -> int:
        """Calls in flight."""
        return len(self._calls)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    async def submit(self, item: T) -> None:
        """Send `item`; return once its own entry succeeded.

        Raises `RefusedError` if it never will, `ClosedError` if the batcher was closed before.
        """
        if self._closed:
            raise ClosedError
        loop = asyncio.get_running_loop()
        entry = _Entry(item, self._size_of(item), loop.time(), loop.create_future())
        self._unresolved.add(entry.outcome)
        try:
            self._enqueue(entry)
            await entry.outcome
        finally:
            self._unresolved.discard(entry.outcome)

    async def close(self, seconds: float) -> None:
        """Take no more; send what was taken, for at most `seconds`; then fail the rest with `ClosedError`."""
        self._closed = True
        self._pump()
        if self._unresolved:
            _, late = await asyncio.wait(self._unresolved, timeout=seconds)
            for outcome in late:
                outcome.set_exception(ClosedError())
        if self._timer:
            self._timer.cancel()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def _enqueue(self, entry: _Entry[T]) -> None:
        self._waiting.append(entry)
        self._waiting_bytes += entry.size
        self._pump()

    def _pump(self) -> None:
        """Start every call that is due, and set the timer for the next one that is not."""
        while self._waiting and len(self._calls) < self._policy.calls_in_flight:
            if not self._due():
                self._set_timer()
                return
            if batch := self._take():
                call = asyncio.get_running_loop().create_task(self._call(batch))
                self._calls.add(call)
                call.add_done_callback(self._call_done)

    def _due(self) -> bool:
        return (
            len(self._waiting) >= BATCH_LIMIT
            or self._waiting_bytes >= self._policy.max_bytes
            or (self._policy.eager and not self._calls)
            or self._closed
            or asyncio.get_running_loop().time() >= self._waiting[0].arrived + self._policy.linger
        )

    def _take(self) -> list[_Entry[T]]:
        batch: list[_Entry[T]] = []
        size = 0
        while self._waiting and len(batch) < BATCH_LIMIT:
            entry = self._waiting[0]
            wanted = not entry.outcome.done()
            if wanted and batch and size + entry.size > self._policy.max_bytes:
                break
            self._waiting.popleft()
            self._waiting_bytes -= entry.size
            if wanted:
                batch.append(entry)
                size += entry.size
        return batch

    def _set_timer(self) -> None:
        if self._timer is None:
            due_at = self._waiting[0].arrived + self._policy.linger
            self._timer = asyncio.get_running_loop().call_at(due_at, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._pump()

    def _call_done(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._pump()

    async def _call(self, batch: Sequence[_Entry[T]]) -> None:
        try:
            results = await self._send([entry.item for entry in batch])
        except Exception as error:  # noqa: BLE001  # whatever it was, the submitters wait for an outcome
            self._on_error(error)
            results = [Failure("CallFailed", sender_fault=False)] * len(batch)
        for entry, failure in zip(batch, results, strict=True):
            self._resolve(entry, failure)

    def _resolve(self, entry: _Entry[T], failure: Failure | None) -> None:
        if entry.outcome.done():
            return
        if failure is None:
            entry.outcome.set_result(None)
        elif failure.sender_fault:
            entry.outcome.set_exception(RefusedError(failure.code))
        else:
            entry.failures += 1
            delay = backoff(entry.failures, first=self._policy.first_backoff, longest=self._policy.longest_backoff)
            asyncio.get_running_loop().call_later(delay, self._enqueue, entry)
