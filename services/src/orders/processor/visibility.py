"""Extend the visibility timeout of messages in progress, so that no other consumer receives them.

One task extends all messages, ten times per visibility timeout. It extends those with less than half of their timeout
left: most messages are never extended, and a failed extension is retried several times. No call takes longer than the
interval between two rounds.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from orders.aws import MAX_BATCH_ENTRIES, Failure
from orders.json_logging import RateLimitedWarning
from orders.processor.metrics import Metrics
from orders.processor.queue import Message, Queue

_logger = logging.getLogger(__name__)
_ROUNDS_PER_TIMEOUT = 10


@dataclass(slots=True)
class _Lease:
    message: Message
    expires: float
    on_lost: Callable[[], object]


class VisibilityExtender:
    """Extends the visibility timeout of the messages that it tracks."""

    def __init__(self, queue: Queue, visibility_timeout: int, metrics: Metrics) -> None:
        """Track no message yet. A delivery and an extension last for `visibility_timeout` seconds each."""
        self._queue = queue
        self._visibility_timeout = visibility_timeout
        self._interval = visibility_timeout / _ROUNDS_PER_TIMEOUT
        self._metrics = metrics
        self._leases: dict[str, _Lease] = {}
        self._warn = RateLimitedWarning(_logger, "changing visibility failed")

    def track(self, message: Message, on_lost: Callable[[], object]) -> None:
        """Extend a message that was just received, until `untrack` or `return_to_queue`.

        `on_lost` is called, once, if the message has become visible to other consumers or was deleted.
        """
        expires = asyncio.get_running_loop().time() + self._visibility_timeout
        self._leases[message.receipt_handle] = _Lease(message, expires, on_lost)

    def untrack(self, message: Message) -> None:
        """Stop extending a message. Unless it is deleted, it becomes visible when its visibility timeout ends."""
        self._leases.pop(message.receipt_handle, None)

    async def return_to_queue(self, messages: Iterable[Message], delay: int) -> None:
        """Stop extending messages, and make them visible `delay` seconds from now.

        If that fails, they become visible when their visibility timeout ends.
        """
        handles = [message.receipt_handle for message in messages]
        for handle in handles:
            self._leases.pop(handle, None)
        await asyncio.gather(*(self._change(batch, delay) for batch in batched(handles, MAX_BATCH_ENTRIES)))

    async def run(self) -> None:
        """Extend messages until cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            await self._extend_due()

    async def _extend_due(self) -> None:
        now = asyncio.get_running_loop().time()
        leases = list(self._leases.values())
        for lease in leases:
            if lease.expires <= now:
                self._lose(lease, "expired")
        due = [lease for lease in leases if now < lease.expires <= now + self._visibility_timeout / 2]
        await asyncio.gather(*(self._extend(batch) for batch in batched(due, MAX_BATCH_ENTRIES)))

    async def _extend(self, leases: Sequence[_Lease]) -> None:
        expires = asyncio.get_running_loop().time() + self._visibility_timeout
        results = await self._change([lease.message.receipt_handle for lease in leases], self._visibility_timeout)
        for lease, failure in zip(leases, results, strict=True):
            if failure is None:
                lease.expires = expires
            elif failure.sender_fault:
                self._lose(lease, failure.code)

    async def _change(self, receipt_handles: Sequence[str], visibility_timeout: int) -> Sequence[Failure | None]:
        try:
            async with asyncio.timeout(self._interval):
                return await self._queue.change_visibility(receipt_handles, visibility_timeout)
        except Exception as error:  # noqa: BLE001  # whatever the error is, the next round retries
            self._warn(error)
            return [Failure("CallFailed", sender_fault=False)] * len(receipt_handles)

    def _lose(self, lease: _Lease, reason: str) -> None:
        if self._leases.pop(lease.message.receipt_handle, None):
            self._metrics.visibility_lost.inc()
            _logger.warning("visibility lost", extra={"message_id": lease.message.message_id, "reason": reason})
            lease.on_lost()
