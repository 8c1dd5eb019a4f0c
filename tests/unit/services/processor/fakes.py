"""Stand-ins for what the processor depends on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from orders.aws import Failure
from orders.model import Order
from orders.processor.queue import Message
from tests.unit.services.virtual_time import now

GONE = Failure("ReceiptHandleIsInvalid", sender_fault=True)


@dataclass
class Stored:
    """A message in the queue."""

    message_id: str
    body: str
    visible_at: float
    receive_count: int = 0
    deleted: bool = False


@dataclass
class MemoryQueue:
    """A queue with SQS' visibility timeout and dead-letter queue, on virtual time.

    Only the last delivery's receipt handle is valid, as long as the message is invisible.
    """

    visibility: float = 30
    long_poll: float = 20
    max_receives: int = 1000
    away: Exception | None = None
    delay: float = 0
    stored: list[Stored] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    receives: list[tuple[float, int]] = field(default_factory=list)
    deletes: list[tuple[float, int]] = field(default_factory=list)
    changes: list[tuple[float, int, int]] = field(default_factory=list)
    receiving: int = 0
    most_receiving: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.stored.append(Stored(f"m{len(self.stored)}", body, now()))
        self._changed.set()

    @property
    def left(self) -> list[Stored]:
        return [message for message in self.stored if not message.deleted]

    async def receive(self, limit: int) -> Sequence[Message]:
        self.receives.append((now(), limit))
        self.receiving += 1
        self.most_receiving = max(self.most_receiving, self.receiving)
        try:
            return await self._receive(limit)
        finally:
            self.receiving -= 1

    async def _receive(self, limit: int) -> Sequence[Message]:
        end = now() + self.long_poll
        while True:
            await self._answer()
            if messages := [self._deliver(stored) for stored in self._visible()[:limit]]:
                return messages
            if now() >= end:
                return []
            self._changed.clear()
            next_visible = min([end, *(stored.visible_at for stored in self.left)])
            try:
                async with asyncio.timeout_at(next_visible):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        await self._answer()
        self.deletes.append((now(), len(receipt_handles)))
        results: list[Failure | None] = []
        for handle in receipt_handles:
            stored = self._held(handle)
            results.append(None if stored else GONE)
            if stored:
                stored.deleted = True
        return results

    async def change_visibility(self, receipt_handles: Sequence[str], seconds: int) -> Sequence[Failure | None]:
        await self._answer()
        self.changes.append((now(), len(receipt_handles), seconds))
        results: list[Failure | None] = []
        for handle in receipt_handles:
            stored = self._held(handle)
            results.append(None if stored else GONE)
            if stored:
                stored.visible_at = now() + seconds
        self._changed.set()
        return results

    async def _answer(self) -> None:
        await asyncio.sleep(self.delay)
        if self.away:
            raise self.away

    def _visible(self) -> list[Stored]:
        visible = [stored for stored in self.left if stored.visible_at <= now()]
        for stored in visible:
            if stored.receive_count >= self.max_receives:
                stored.deleted = True
                self.dead.append(stored.body)
        return [stored for stored in visible if not stored.deleted]

    def _deliver(self, stored: Stored) -> Message:
        stored.receive_count += 1
        stored.visible_at = now() + self.visibility
        handle = f"{stored.message_id}/{stored.receive_count}"
        return Message(stored.message_id, handle, stored.body, stored.receive_count)

    def _held(self, handle: str) -> Stored | None:
        for stored in self.left:
            if f"{stored.message_id}/{stored.receive_count}" == handle and stored.visible_at > now():
                return stored
        return None


class SlowPayment:
    """Takes payments, each in `seconds`; keeps the order ids of those begun and those taken."""

    def __init__(self, seconds: float = 3) -> None:
        self.seconds = seconds
        self.begun: list[str] = []
        self.taken: list[str] = []
        self.failures: list[Exception] = []
        self.in_work = 0
        self.most_in_work = 0

    async def pay(self, order: Order, *, idempotency_key: str) -> None:
        assert idempotency_key == str(order.order_id)
        self.begun.append(idempotency_key)
        self.in_work += 1
        self.most_in_work = max(self.most_in_work, self.in_work)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.in_work -= 1
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(idempotency_key)


def message(body: str, *, receive_count: int = 1, message_id: str = "m") -> Message:
    return Message(message_id, f"{message_id}/{receive_count}", body, receive_count)
