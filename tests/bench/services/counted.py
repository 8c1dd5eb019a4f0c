"""A queue that counts its calls, and measures time and CPU time from the first receive call to the last deletion."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orders.aws import Failure
    from orders.processor.queue import Message, Queue


class CountedQueue:
    """Passes everything to another queue. When `messages` are deleted, it calls `on_empty`."""

    def __init__(self, queue: Queue, messages: int, on_empty: Callable[[], object]) -> None:
        """Begin to count."""
        self._queue = queue
        self._left = messages
        self._on_empty = on_empty
        self._calls: Counter[str] = Counter()
        self._began: tuple[float, float] | None = None
        self._took = (0.0, 0.0)

    async def receive(self, max_messages: int) -> Sequence[Message]:
        """Count the call, unless all messages are deleted."""
        if self._began is None:
            self._began = _now()
        if self._left > 0:
            self._calls["ReceiveMessage"] += 1
        return await self._queue.receive(max_messages)

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        """Count the call and the messages that it deletes."""
        self._calls["DeleteMessageBatch"] += 1
        results = await self._queue.delete(receipt_handles)
        self._left -= sum(result is None for result in results)
        if self._left <= 0 and self._began is not None:
            now, cpu = _now()
            self._took = (now - self._began[0], cpu - self._began[1])
            self._on_empty()
        return results

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        """Count the call."""
        self._calls["ChangeMessageVisibilityBatch"] += 1
        return await self._queue.change_visibility(receipt_handles, visibility_timeout)

    def write(self) -> None:
        """Write what was measured to stderr, as a line of JSON."""
        seconds, cpu_seconds = self._took
        sys.stderr.write(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "calls": self._calls}) + "\n")


def _now() -> tuple[float, float]:
    """Return the time and the CPU time of this process, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), used.ru_utime + used.ru_stime
