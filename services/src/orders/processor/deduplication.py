"""Remember the completed orders, so that a redelivered order is not paid for twice.

The memory is that of one process, and a restart clears it. Across processes, the payment provider's idempotency key
prevents a second charge.
"""

from uuid import UUID


class RecentOrders:
    """The orders added last: their ids, each with a hash of the order's content."""

    def __init__(self, capacity: int) -> None:
        """Create an empty collection that keeps up to `capacity` orders."""
        self._capacity = capacity
        # A dict, because it keeps the order of insertion. It takes less memory than an OrderedDict.
        self._contents: dict[UUID, int] = {}

    def __contains__(self, order_id: UUID) -> bool:
        """Return whether the id is in the collection."""
        return order_id in self._contents

    def get(self, order_id: UUID) -> int | None:
        """Return the hash of the order's content, or None if the id is not in the collection."""
        return self._contents.get(order_id)

    def add(self, order_id: UUID, content: int) -> None:
        """Add an order, and evict the oldest one if there are more than `capacity`."""
        self._contents[order_id] = content
        if len(self._contents) > self._capacity:
            del self._contents[next(iter(self._contents))]
