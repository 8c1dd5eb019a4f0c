"""Limit how many messages are in progress at once: one permit for each. This is the backpressure on the queue."""

import asyncio


class Permits:
    """A fixed number of permits, from which a caller takes several at once. Acquire them before a receive call."""

    def __init__(self, total: int) -> None:
        """Create `total` permits, all available."""
        self._available = total
        self._any_available = asyncio.Event()
        self._any_available.set()

    @property
    def available(self) -> int:
        """The number of permits that are not acquired."""
        return self._available

    async def acquire(self, maximum: int) -> int:
        """Wait until a permit is available, acquire up to `maximum` without further waiting, and return how many."""
        while not self._available:
            self._any_available.clear()
            await self._any_available.wait()
        acquired = min(self._available, maximum)
        self._available -= acquired
        return acquired

    def release(self, count: int) -> None:
        """Release `count` acquired permits."""
        self._available += count
        if self._available:
            self._any_available.set()
