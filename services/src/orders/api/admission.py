"""Limit what waits in the API: the bytes of all requests, and the orders in line for their payment."""

from collections.abc import Iterator
from contextlib import contextmanager

REQUEST_OVERHEAD_BYTES = 16 * 1024
"""What an order costs besides a body above 8 KiB: its connection, its task and its head."""


class FullError(Exception):
    """There is no room at the moment. A retry may succeed."""


class Budget:
    """A number of bytes for the bodies that are being read and the orders that wait for their result."""

    def __init__(self, limit: int) -> None:
        """Create a budget of `limit` bytes."""
        self._limit = limit
        self.used = 0

    def take(self, size: int) -> None:
        """Take `size` bytes. Raises `FullError` if there are not as many left."""
        if self.used + size > self._limit:
            raise FullError
        self.used += size

    def release(self, size: int) -> None:
        """Return `size` bytes."""
        self.used -= size


class Line:
    """A line of bounded length."""

    def __init__(self, limit: int) -> None:
        """Create an empty line for up to `limit` orders."""
        self._limit = limit
        self.length = 0

    @property
    def full(self) -> bool:
        """Whether there is no further place."""
        return self.length >= self._limit

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait in the line. Raises `FullError` if it is full."""
        if self.full:
            raise FullError
        self.length += 1
        try:
            yield
        finally:
            self.length -= 1
