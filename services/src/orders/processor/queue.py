"""The queue that orders come from: the seam."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from orders.aws import Failure


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery of a message; each delivery has a receipt handle of its own."""

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int
    """How often the message was delivered so far, this time included."""


class Queue(Protocol):
    """Delivers messages; each stays invisible for a while and comes back unless it is deleted.

    Each method may raise anything when the call as a whole fails. Batches have at most 10 entries.
    """

    async def receive(self, limit: int) -> Sequence[Message]:
        """Wait for messages, up to a time of the queue's choice; give at most `limit` (1 to 10), perhaps none."""

    async def delete(self, receipt_handles: Sequence[str]) -> Sequence[Failure | None]:
        """Delete messages; give each one's failure, or None for success."""

    async def change_visibility(self, receipt_handles: Sequence[str], seconds: int) -> Sequence[Failure | None]:
        """Let messages come back `seconds` from now; give each one's failure, or None for success."""
