"""Remember the completed orders, so that a redelivered order is not paid for twice.

The memory is that of one process, and a restart clears it. Across processes, the payment provider's idempotency key
prevents a second charge.
"""

from uuid import UUID


class RecentOrders:
    """The ids of the orders added last."""

    def __init__(self, capacity: int) -> None:
        """Create an empty collection that keeps up to `capacity` ids."""
        self._capacity = capacity
        # A dict, because it keeps the order of insertion. It takes less memory than an OrderedDict.
        self._ids: dict[UUID, None] = {}

    def __contains__(self, order_id: UUID) -> bool:
        """Return whether the id is in the collection."""
        return order_id in self._ids

    def add(self, order_id: UUID) -> None:
        """Add an id, and evict the oldest one if there are more than `capacity`."""
        self._ids[order_id] = None
        if len(self._ids) > self._capacity:
            del self._ids[next(iter(self._ids))]
