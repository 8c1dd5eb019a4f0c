"""Limit what waits in the API: the bytes of all requests, and the orders in line for their payment."""

from collections.abc import Iterator
from contextlib import contextmanager

REQUEST_OVERHEAD_BYTES = 16 * 1024
"""What a request costs beside its body: its connection, its task and its headers."""


class FullError(Exception):
    """There is no room at the moment. A retry may succeed."""

    def __init__(self, reason: str) -> None:
        """Create the error. `reason` is a label of the metric `orders_rejected_total`."""
        super().__init__(reason)
        self.reason = reason


class Share:
    """The bytes that one request has taken from a budget."""

    def __init__(self, budget: "Budget") -> None:
        """Take nothing yet."""
        self._budget = budget
        self._taken = 0

    def take(self, size: int) -> None:
        """Take `size` bytes. Raises `FullError` if the budget has not as many left."""
        self._budget.take(size)
        self._taken += size

    def release(self) -> None:
        """Return all bytes to the budget."""
        self._budget.release(self._taken)
        self._taken = 0


class Budget:
    """A number of bytes for the bodies that are being read and the orders that wait for their result."""

    def __init__(self, limit: int) -> None:
        """Create a budget of `limit` bytes."""
        self._limit = limit
        self.used = 0

    def take(self, size: int) -> None:
        """Take `size` bytes. Raises `FullError` if there are not as many left."""
        if self.used + size > self._limit:
            raise FullError("request_bytes")
        self.used += size

    def release(self, size: int) -> None:
        """Return `size` bytes."""
        self.used -= size

    @contextmanager
    def request(self) -> Iterator[Share]:
        """Reserve the share of one request. Raises `FullError` if there is no room for it."""
        share = Share(self)
        try:
            share.take(REQUEST_OVERHEAD_BYTES)
            yield share
        finally:
            share.release()


class Line:
    """A line of bounded length."""

    def __init__(self, limit: int) -> None:
        """Create an empty line for up to `limit` orders."""
        self._limit = limit
        self.length = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait in the line. Raises `FullError` if it is full."""
        if self.length >= self._limit:
            raise FullError("sync_queue")
        self.length += 1
        try:
            yield
        finally:
            self.length -= 1
