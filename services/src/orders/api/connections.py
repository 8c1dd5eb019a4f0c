"""Guard the server's connections: limit how many there are, how slow they may be, and what refusing them costs.

Sanic restarts its request timeout with each byte, accepts any number of connections and starts a task for each. Here a
connection costs little until it has sent the head of a request, and the head and the body each have a deadline. Clients
that break a rule get a response that is written once, at the start.
"""

import asyncio
import re
import socket
from collections import OrderedDict, deque
from enum import StrEnum
from http import HTTPStatus
from time import monotonic
from typing import Any

from sanic.http.constants import Stage
from sanic.http.http1 import Http
from sanic.models.server_types import ConnInfo
from sanic.server.protocols.http_protocol import HttpProtocol

from orders.api.metrics import Metrics
from orders.api.problems import problem_response

HEAD_SECONDS = 10
"""How long a client may take to send the head of a request, from its first byte. The first one counts from the connect."""
REQUEST_SECONDS = 20
"""How long a client may take to send a whole request, from its first byte."""
WRITE_SECONDS = 10
"""How long a client may leave its response unread."""
MAX_HEAD_BYTES = 8192
MAX_REQUEST_LINE_BYTES = 2048
MAX_SLASHES = 32
"""Sanic's router recurses once for each slash at the end of a path."""
MAX_HEADERS = 64

_SOCKET_BUFFER_BYTES = 32 * 1024  # the kernel doubles it; what waits there counts as memory of the container
_PAUSE_READING_BYTES = 32 * 1024
_SWEEP_SECONDS = 1
_STARTS_PER_TURN = 16  # so that other connections, and health checks among them, get their turn in between
_BACKLOG = 4096

_HEALTH_REQUEST = b"GET /health HTTP/1.1\r\n"
_HEALTH_NOT_PLAIN = re.compile(rb"\r\n(?:content-length|transfer-encoding|expect|upgrade)\s*:", re.IGNORECASE)
_CONNECTION_CLOSE = re.compile(rb"\r\nconnection:\s*close\s*\r\n", re.IGNORECASE)
_HEALTHY = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 2\r\nconnection: %b\r\n\r\nOK"
)


class Refusal(StrEnum):
    """Why a connection was refused or closed, as a label of the metric `connections_refused_total`."""

    TOO_MANY = "too_many"
    SLOW = "slow"
    UNREAD = "unread"
    TARGET = "target"
    HEAD = "head"


def _canned(status: HTTPStatus, detail: str) -> bytes:
    response = problem_response(status, detail)
    headers = {
        "content-type": response.content_type,
        "content-length": len(response.body or b""),
        "connection": "close",
    }
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = 5
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}\r\n".encode() + (response.body or b"")


_RESPONSES = {
    Refusal.TOO_MANY: _canned(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections are open; try again later."),
    Refusal.SLOW: _canned(
        HTTPStatus.REQUEST_TIMEOUT,
        f"The head of a request must arrive within {HEAD_SECONDS} s, and all of it within {REQUEST_SECONDS} s.",
    ),
    Refusal.TARGET: _canned(
        HTTPStatus.REQUEST_URI_TOO_LONG,
        f"The request line may have {MAX_REQUEST_LINE_BYTES} bytes of ASCII and {MAX_SLASHES} slashes.",
    ),
    Refusal.HEAD: _canned(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The head of a request may have {MAX_HEAD_BYTES} bytes and {MAX_HEADERS} fields.",
    ),
}


def listen(host: str, port: int) -> socket.socket:
    """Open the server's socket, with small buffers for each connection that it accepts."""
    listener = socket.create_server((host, port), backlog=_BACKLOG)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        listener.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
    return listener


class Guard:
    """The open connections of a server, and the rules for them."""

    def __init__(self, connection_limit: int, metrics: Metrics) -> None:
        """Allow `connection_limit` connections at the same time."""
        self._limit = connection_limit
        self._refused = {reason: metrics.connections_refused.labels(reason) for reason in Refusal}
        self._health_seconds = metrics.request_seconds.labels("/health", HTTPStatus.OK.value)
        self._open: dict[Connection, None] = {}
        self._awaiting_head: OrderedDict[Connection, None] = OrderedDict()
        self._to_start: deque[Connection] = deque()
        self.stopping = False
        metrics.connections.set_function(lambda: len(self._open))

    def opened(self, connection: "Connection") -> None:
        """Add a connection. If there are too many, close the one that has waited longest for a request."""
        self._open[connection] = None
        self._awaiting_head[connection] = None
        if len(self._open) > self._limit:
            next(iter(self._awaiting_head)).refuse(Refusal.TOO_MANY)

    def closed(self, connection: "Connection") -> None:
        """Remove a connection."""
        self._open.pop(connection, None)
        self._awaiting_head.pop(connection, None)

    def await_head(self, connection: "Connection") -> None:
        """Note that the connection can be closed in favour of another: it has no request."""
        if connection in self._open:
            self._awaiting_head[connection] = None
            self._awaiting_head.move_to_end(connection)

    def head_taken(self, connection: "Connection") -> None:
        """Note that the connection has a request, and must not be closed in favour of another."""
        self._awaiting_head.pop(connection, None)

    def count_refusal(self, reason: Refusal) -> None:
        """Count a refused connection."""
        self._refused[reason].inc()

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


class _GuardedHttp(Http):
    """Sanic's handling of the requests of one connection, which tells the connection where it is."""

    protocol: "Connection"

    def init_for_request(self) -> None:
        """Begin to wait for a request."""
        super().init_for_request()
        self.protocol.await_head()

    async def http1_request_header(self) -> None:
        """Wait until the connection has checked the head, then parse it."""
        while not self.protocol.take_head():
            await self._receive_more()
        await super().http1_request_header()

    async def error_response(self, exception: Exception) -> None:
        """Respond to an exception, unless the client is gone: that is no error of the server."""
        if self.protocol.conn_info.lost or self.protocol.refused:
            self.request_body = None
            self.keep_alive = False
            return
        await super().error_response(exception)


class Connection(HttpProtocol):
    """A connection of a client."""

    HTTP_CLASS = _GuardedHttp
    __slots__ = ("_began", "_blocked_since", "_checked", "_guard", "_scanned", "refused")

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  # Sanic's parameters
        """Create a connection that is not open yet."""
        super().__init__(**kwargs)
        self._guard: Guard = self.app.ctx.guard
        self._http = None
        self._began: float | None = None
        self._blocked_since: float | None = None
        self._scanned = 0
        self._checked = False
        self.refused = False

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # of uvloop or asyncio
        """Wait for a request. Sanic's task starts with its head."""
        transport.set_write_buffer_limits(low=2048, high=8192)
        self.transport = transport
        self.conn_info = ConnInfo(transport)
        self.recv_buffer = bytearray()
        self._began = monotonic()
        self.connections.add(self)
        self._guard.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is in progress."""
        self._guard.closed(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note since when the client leaves a response unread."""
        self._blocked_since = monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._blocked_since = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take bytes of a head or of a body."""
        if self.refused:
            return
        self.recv_buffer += data
        if len(self.recv_buffer) >= _PAUSE_READING_BYTES:
            self.transport.pause_reading()
        if not self._needs_head:
            if self._http.request_body:
                self._time = monotonic()
            self._data_received.set()
        elif not self._checked:
            if self._began is None:
                self._began = monotonic()
            self._check_head()

    def start(self) -> None:
        """Let Sanic handle the request, whose head is complete."""
        if self.transport is None or self.transport.is_closing():
            return
        self._time = monotonic()
        if self._task is None:
            self._task = self.loop.create_task(self.connection_task())
        else:
            self._data_received.set()

    def await_head(self) -> None:
        """Begin to wait for the head of a request, of which some bytes may have arrived."""
        if not self._checked:
            self._began = monotonic() if self.recv_buffer else None
            self._scanned = 0
            self._guard.await_head(self)

    def take_head(self) -> bool:
        """Return whether the buffer starts with a head that may be parsed. Raises `CancelledError` if it was refused."""
        if not self._checked and (end := self._find_head()):
            if refusal := self._refusal(end):
                self.refuse(refusal)
                raise asyncio.CancelledError
            self._checked = True
        if not self._checked:
            return False
        self._checked = False
        self._scanned = 0
        self._guard.head_taken(self)
        return True

    def refuse(self, reason: Refusal) -> None:
        """Respond with what is wrong, unless a response has begun, and close the connection."""
        if self.refused or self.transport is None or self.transport.is_closing():
            return
        self.refused = True
        self._guard.closed(self)
        self._guard.count_refusal(reason)
        idle = self._began is None or (reason is Refusal.SLOW and not self.recv_buffer and self._http is None)
        in_response = not self._needs_head and self._http.stage is not Stage.HANDLER
        if not idle and not in_response and self._can_write.is_set():
            self.transport.write(_RESPONSES[reason])
            self.transport.close()
        else:
            self.transport.abort()

    def close_if_late(self, now: float) -> None:
        """Refuse the connection if its client sends or reads too slowly. `now` is in seconds of `time.monotonic`."""
        if self._blocked_since is not None and now - self._blocked_since > WRITE_SECONDS:
            self._guard.count_refusal(Refusal.UNREAD)
            self.transport.abort()
        if self._began is None:
            return
        age = now - self._began
        if self._needs_head:
            if age > HEAD_SECONDS and not self._checked:
                self.refuse(Refusal.SLOW)
        elif self._http.request_body and age > REQUEST_SECONDS:
            self.refuse(Refusal.SLOW)

    @property
    def _needs_head(self) -> bool:
        http = self._http
        return http is None or (http.stage in (Stage.IDLE, Stage.REQUEST) and not http.request_body)

    def _check_head(self) -> None:
        while end := self._find_head():
            if refusal := self._refusal(end):
                self.refuse(refusal)
                return
            if not self._answer_health_check(end):
                self._checked = True
                self._guard.head_taken(self)
                self._guard.start(self)
                return

    def _find_head(self) -> int:
        """Return the end of the head in the buffer, or 0. A head that is too large ends where it becomes so."""
        end = self.recv_buffer.find(b"\r\n\r\n", max(0, self._scanned - 3)) + 4
        self._scanned = len(self.recv_buffer)
        if end > 3:  # found
            return end
        return self._scanned if self._scanned > MAX_HEAD_BYTES else 0

    def _refusal(self, end: int) -> Refusal | None:
        """Return what is wrong with the head that ends at `end` in the buffer, or None."""
        line_end = self.recv_buffer.find(b"\r\n", 0, end)
        line = self.recv_buffer[: line_end if line_end >= 0 else end]
        if len(line) > MAX_REQUEST_LINE_BYTES or line.count(b"/") > MAX_SLASHES or not line.isascii():
            return Refusal.TARGET
        if end > MAX_HEAD_BYTES or self.recv_buffer.count(b"\r\n", 0, end) > MAX_HEADERS + 2:
            return Refusal.HEAD
        return None

    def _answer_health_check(self, end: int) -> bool:
        """Answer a plain health check at once, whatever else waits. Return False for any other request."""
        if not self.recv_buffer.startswith(_HEALTH_REQUEST) or not self._can_write.is_set():
            return False
        head = self.recv_buffer[:end]
        if _HEALTH_NOT_PLAIN.search(head):
            return False
        close = self._guard.stopping or _CONNECTION_CLOSE.search(head) is not None
        self.transport.write(_HEALTHY % (b"close" if close else b"keep-alive"))
        self._guard.count_health_check()
        if close:
            self.refused = True  # ignore what follows
            self._guard.closed(self)
            self.transport.close()
            self.recv_buffer.clear()
        else:
            del self.recv_buffer[:end]
            self._time = monotonic()
            self.await_head()
        return True
