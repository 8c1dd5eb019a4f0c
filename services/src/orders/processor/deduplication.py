"""The memory of completed orders, which keeps a redelivered order from being paid twice.

It belongs to one process: another task, or this one after a restart, knows nothing of it. Across processes it is the
payment provider's idempotency key that protects.
"""

from uuid import UUID


class RecentOrders:
    """The ids of the last orders added, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        """Start empty."""
        self._limit = limit
        # A set that keeps the order in which its members came. It is slower to forget than an OrderedDict, and smaller.
        self._ids: dict[UUID, None] = {}

    def __contains__(self, order_id: UUID) -> bool:
        """Whether the order is remembered."""
        return order_id in self._ids

    def add(self, order_id: UUID) -> None:
        """Remember an order; forget the oldest if there are too many."""
        self._ids[order_id] = None
        if len(self._ids) > self._limit:
            del self._ids[next(iter(self._ids))]
