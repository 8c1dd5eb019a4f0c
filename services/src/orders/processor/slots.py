"""Slots: how many messages may be in hand at once. One is reserved before a message is asked for."""

import asyncio


class Slots:
    """A number of slots, free or reserved."""

    def __init__(self, total: int) -> None:
        """Start with `total` free slots."""
        self._free = total
        self._any_free = asyncio.Event()
        self._any_free.set()

    @property
    def free(self) -> int:
        """Slots not reserved."""
        return self._free

    async def reserve(self, most: int) -> int:
        """Wait until a slot is free, then reserve as many as are, at most `most`; give their number."""
        while not self._free:
            self._any_free.clear()
            await self._any_free.wait()
        reserved = min(self._free, most)
        self._free -= reserved
        return reserved

    def release(self, count: int) -> None:
        """Free `count` reserved slots."""
        self._free += count
        if self._free:
            self._any_free.set()
