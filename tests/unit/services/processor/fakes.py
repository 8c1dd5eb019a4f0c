"""Test doubles of the processor's dependencies."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from orders.aws import Failure
from orders.model import Order
from orders.processor.queue import Message
from tests.unit.services.virtual_time import now

INVALID_HANDLE = Failure("ReceiptHandleIsInvalid", sender_fault=True)


@dataclass
class Stored:
    """A message in the queue."""

    message_id: str
    body: str
    visible_at: float
    receive_count: int = 0
    deleted: bool = False

    @property
    def receipt_handle(self) -> str:
        """The receipt handle of the last delivery."""
        return f"{self.message_id}/{self.receive_count}"


@dataclass
class MemoryQueue:
    """A queue with the visibility timeout and the redrive policy of SQS, in virtual time.

    Only the receipt handle of the last delivery is valid, and only while the message is invisible. Each call takes
    `call_seconds`, and raises `error` if it is set.
    """

    visibility_timeout: float = 30
    poll_seconds: float = 20
    max_receives: int = 1000
    error: Exception | None = None
    call_seconds: float = 0
    stored: list[Stored] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    receives: list[tuple[float, int]] = field(default_factory=list)
    deletes: list[tuple[float, int]] = field(default_factory=list)
    visibility_changes: list[tuple[float, int, int]] = field(default_factory=list)
    receiving: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.stored.append(Stored(f"m{len(self.stored)}", body, now()))
        self._changed.set()

    @property
    def remaining(self) -> list[Stored]:
        return [message for message in self.stored if not message.deleted]

    @property
    def visible(self) -> list[Stored]:
        return [message for message in self.remaining if message.visible_at <= now()]

    async def receive(self, max_messages: int) -> Sequence[Message]:
        self.receives.append((now(), max_messages))
        self.receiving += 1
        try:
            return await self._receive(max_messages)
        finally:
            self.receiving -= 1

    async def _receive(self, max_messages: int) -> Sequence[Message]:
        end = now() + self.poll_seconds
        while True:
            await self._call()
            self._redrive()
            if messages := [self._deliver(stored) for stored in self.visible[:max_messages]]:
                return messages
            if now() >= end:
                return []
            self._changed.clear()
            next_visible = min([end, *(stored.visible_at for stored in self.remaining)])
            try:
                async with asyncio.timeout_at(next_visible):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        await self._call()
        self.deletes.append((now(), len(receipt_handles)))
        invisible = [self._find_invisible(handle) for handle in receipt_handles]
        for stored in filter(None, invisible):
            stored.deleted = True
        return [None if stored else INVALID_HANDLE for stored in invisible]

    async def change_visibility(
        self, receipt_handles: Sequence[str], visibility_timeout: int
    ) -> Sequence[Failure | None]:
        await self._call()
        self.visibility_changes.append((now(), len(receipt_handles), visibility_timeout))
        invisible = [self._find_invisible(handle) for handle in receipt_handles]
        for stored in filter(None, invisible):
            stored.visible_at = now() + visibility_timeout
        self._changed.set()
        return [None if stored else INVALID_HANDLE for stored in invisible]

    async def _call(self) -> None:
        await asyncio.sleep(self.call_seconds)
        if self.error:
            raise self.error

    def _redrive(self) -> None:
        for stored in self.visible:
            if stored.receive_count >= self.max_receives:
                stored.deleted = True
                self.dead_letters.append(stored.body)

    def _deliver(self, stored: Stored) -> Message:
        stored.receive_count += 1
        stored.visible_at = now() + self.visibility_timeout
        return Message(stored.message_id, stored.receipt_handle, stored.body, stored.receive_count)

    def _find_invisible(self, handle: str) -> Stored | None:
        for stored in self.remaining:
            if stored.receipt_handle == handle and stored.visible_at > now():
                return stored
        return None


class SlowPayment:
    """Takes payments of `seconds` each, and keeps the order ids. Raises each of `failures` once, at the end."""

    def __init__(self, seconds: float = 3) -> None:
        self.seconds = seconds
        self.started: list[str] = []
        self.completed: list[str] = []
        self.failures: list[Exception] = []
        self.in_progress = 0
        self.max_in_progress = 0

    async def pay(self, order: Order, *, idempotency_key: str) -> None:
        assert idempotency_key == str(order.order_id)
        self.started.append(idempotency_key)
        self.in_progress += 1
        self.max_in_progress = max(self.max_in_progress, self.in_progress)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.in_progress -= 1
        if self.failures:
            raise self.failures.pop(0)
        self.completed.append(idempotency_key)


def message(body: str, *, receive_count: int = 1, message_id: str = "m") -> Message:
    return Message(message_id, f"{message_id}/{receive_count}", body, receive_count)
