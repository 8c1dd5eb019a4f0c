"""Visibility: keeps messages in hand invisible to other receivers, until their work has ended and is acknowledged.

One ticker serves all messages. It extends those with less than half of their time left, so that most messages are never
extended at all, and it has several more ticks to try when the queue does not answer; no call outlasts a tick.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from orders.aws import BATCH_LIMIT, Failure
from orders.processor.metrics import Metrics
from orders.processor.queue import Message, Queue
from orders.telemetry import RareWarning

_logger = logging.getLogger(__name__)
_TICKS = 10
"""In one visibility timeout."""


@dataclass(slots=True)
class _Lease:
    message: Message
    ends: float
    on_lost: Callable[[], object]


class VisibilityKeeper:
    """Holds messages for their handlers."""

    def __init__(self, queue: Queue, timeout: int, metrics: Metrics) -> None:
        """Messages of `queue` are invisible for `timeout` seconds after their delivery, and after each extension."""
        self._queue = queue
        self._timeout = timeout
        self._tick_seconds = timeout / _TICKS
        self._metrics = metrics
        self._leases: dict[str, _Lease] = {}
        self._warn = RareWarning(_logger, "changing visibility failed")

    def hold(self, message: Message, on_lost: Callable[[], object]) -> None:
        """Keep a message just delivered invisible; call `on_lost` once if that is known to have failed."""
        ends = asyncio.get_running_loop().time() + self._timeout
        self._leases[message.receipt_handle] = _Lease(message, ends, on_lost)

    def drop(self, message: Message) -> None:
        """Hold a message no longer; it becomes visible when its time is over, unless it is deleted."""
        self._leases.pop(message.receipt_handle, None)

    async def hand_back(self, messages: Iterable[Message], seconds: int) -> None:
        """Let messages become visible `seconds` from now.

        A message that cannot be handed back becomes visible when its time is over.
        """
        handles = [message.receipt_handle for message in messages]
        for handle in handles:
            self._leases.pop(handle, None)
        await asyncio.gather(*(self._change(batch, seconds) for batch in batched(handles, BATCH_LIMIT)))

    async def run(self) -> None:
        """Extend what needs it, until cancelled."""
        while True:
            await asyncio.sleep(self._tick_seconds)
            await self._tick()

    async def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        leases = list(self._leases.values())
        for lease in leases:
            if lease.ends <= now:
                self._lose(lease, "expired")
        due = [lease for lease in leases if now < lease.ends <= now + self._timeout / 2]
        await asyncio.gather(*(self._extend(batch) for batch in batched(due, BATCH_LIMIT)))

    async def _extend(self, leases: Sequence[_Lease]) -> None:
        ends = asyncio.get_running_loop().time() + self._timeout
        results = await self._change([lease.message.receipt_handle for lease in leases], self._timeout)
        for lease, failure in zip(leases, results, strict=True):
            if failure is None:
                lease.ends = ends
            elif failure.sender_fault:
                self._lose(lease, failure.code)

    async def _change(self, handles: Sequence[str], seconds: int) -> Sequence[Failure | None]:
        try:
            async with asyncio.timeout(self._tick_seconds):
                return await self._queue.change_visibility(handles, seconds)
        except Exception as error:  # noqa: BLE001  # the queue may be away for any reason; the next tick tries again
            self._warn(error)
            return [Failure("CallFailed", sender_fault=False)] * len(handles)

    def _lose(self, lease: _Lease, reason: str) -> None:
        if self._leases.pop(lease.message.receipt_handle, None):
            self._metrics.visibility_lost.inc()
            _logger.warning("visibility lost", extra={"message_id": lease.message.message_id, "reason": reason})
            lease.on_lost()
