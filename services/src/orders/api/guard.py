"""Guard the server: what its connections may take from it together, and which of them are closed for that."""

import asyncio
from collections import OrderedDict, deque
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

from orders.api.admission import Budget, Line
from orders.api.metrics import Metrics
from orders.api.refusals import Refusal
from orders.api.settings import Limits

if TYPE_CHECKING:
    from orders.api.connections import Connection

LINGER_SECONDS = 5
"""How long a refused client may finish sending: if the server closed first, the client might not see the response."""

_SWEEP_SECONDS = 1
_STARTS_PER_TURN = 16  # so that other connections, and health checks among them, get their turn in between


class Guard:
    """The open connections of a server, and what they may take from it together."""

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        """Create a guard without connections."""
        self.budget = Budget(limits.request_bytes)
        self.sync_line = Line(limits.sync_queue)
        self.stopping = False
        self._limit = limits.connections
        self._metrics = metrics
        self._refused = {reason: metrics.connections_refused.labels(reason) for reason in Refusal}
        self._health_seconds = metrics.request_seconds_of("/health", HTTPStatus.OK.value)
        self._open: dict[Connection, None] = {}
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._lingering: OrderedDict[Connection, float] = OrderedDict()
        self._to_start: deque[Connection] = deque()
        metrics.connections.set_function(lambda: len(self._open))
        metrics.request_bytes.set_function(lambda: self.budget.used)
        metrics.sync_queue_length.set_function(lambda: self.sync_line.length)

    def opened(self, connection: "Connection") -> None:
        """Add a connection. If there are too many, close the one that has waited longest for a request."""
        self._open[connection] = None
        self._waiting[connection] = None
        if len(self._open) > self._limit:
            next(iter(self._waiting)).refuse(Refusal.TOO_MANY)

    def closed(self, connection: "Connection") -> None:
        """Remove a connection."""
        self._open.pop(connection, None)
        self._waiting.pop(connection, None)
        self._lingering.pop(connection, None)

    def lingers(self, connection: "Connection") -> None:
        """Close a refused connection when its client has, or soon."""
        self._lingering[connection] = monotonic()
        if len(self._lingering) > self._limit:
            self._lingering.popitem(last=False)[0].transport.abort()

    def is_lingering(self, connection: "Connection") -> bool:
        """Return whether the connection will be closed when its client has, or soon."""
        return connection in self._lingering

    def waits(self, connection: "Connection") -> None:
        """Allow closing the connection in favour of another: it waits for a request."""
        if connection in self._open:
            self._waiting[connection] = None
            self._waiting.move_to_end(connection)

    def works(self, connection: "Connection") -> None:
        """Forbid closing the connection in favour of another: it has a request."""
        self._waiting.pop(connection, None)

    def count_refusal(self, reason: Refusal, *, order: bool) -> None:
        """Count a refused connection, and the order in its request if it has one and gets an error response."""
        self._refused[reason].inc()
        if order:
            self._metrics.rejected.labels(reason).inc()

    def count_abort(self) -> None:
        """Count a request whose client has closed the connection."""
        self._metrics.aborted.inc()

    def count_health_check(self) -> None:
        """Count a health check that was answered without Sanic."""
        self._health_seconds.observe(0)

    def start(self, connection: "Connection") -> None:
        """Let the connection handle its request soon: a few connections in each turn of the event loop."""
        self._to_start.append(connection)
        if len(self._to_start) == 1:
            connection.loop.call_soon(self._start_some)

    def _start_some(self) -> None:
        for _ in range(min(len(self._to_start), _STARTS_PER_TURN)):
            connection = self._to_start.popleft()
            connection.start()
        if self._to_start:
            connection.loop.call_soon(self._start_some)

    async def run(self) -> None:
        """Close slow connections until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = monotonic()
            for connection in list(self._open):
                connection.close_if_late(now)
            while self._lingering and next(iter(self._lingering.values())) < now - LINGER_SECONDS:
                self._lingering.popitem(last=False)[0].transport.abort()
