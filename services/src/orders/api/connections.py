"""The connections of the server: what a client may send, how slowly, and what refusing it costs.

Sanic restarts its request timeout with each byte, accepts any number of connections and starts a task for each. Here
Sanic gets a request when all of it has arrived. Until then a connection costs only its bytes, and these are limited
over all connections by the guard. Each request has a deadline. Clients that break a rule get a response that was
written before.
"""

import asyncio
import re
import socket
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from sanic.http.constants import Stage
from sanic.http.http1 import Http
from sanic.models.server_types import ConnInfo
from sanic.server.protocols.http_protocol import HttpProtocol

from orders.api.admission import REQUEST_OVERHEAD_BYTES, FullError
from orders.api.refusals import (
    HEAD_SECONDS,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_REQUEST_LINE_BYTES,
    MAX_SLASHES,
    REQUEST_SECONDS,
    RESPONSES,
    Refusal,
)

if TYPE_CHECKING:
    from orders.api.guard import Guard

WRITE_SECONDS = 10
"""How long a client may leave its response unread."""
BACKLOG = 4096
"""Connections that the kernel holds until they are accepted. Beyond, a health check would wait for a second try."""

_SOCKET_BUFFER_BYTES = 32 * 1024  # the kernel doubles it; what waits there counts as memory of the container
_PAUSE_READING_BYTES = 96 * 1024  # more than a whole request
_MAX_DIGITS = 10

_HEALTH_REQUEST = b"GET /health HTTP/1.1\r\n"
_ORDER_REQUEST = re.compile(rb"POST (?:(?i:https?)://[^/ ?]*)?/orders/(?P<path>a?sync)[/ ?#]")
_BODY_FIELDS = re.compile(rb"\r\n(content-length|transfer-encoding|expect|upgrade):[ \t]*([^\r\n]*)", re.IGNORECASE)
_TRAILING_BLANKS = re.compile(rb"(?<=[^ \t\n])[ \t]+(?=\r\n)")
_BLANK_IN_NAME = re.compile(rb"\r\n(?:[ \t]|[^:\r\n]*[ \t]:)")
_CONNECTION_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close\r\n", re.IGNORECASE)
_HEALTHY = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 2\r\nconnection: %b\r\n\r\nOK"
)


def listen(host: str, port: int) -> socket.socket:
    """Open the server's socket, with small buffers for each connection that it accepts."""
    listener = socket.create_server((host, port), backlog=BACKLOG)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        listener.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BUFFER_BYTES)
    return listener


class GuardedHttp(Http):
    """Sanic's handling of the requests of one connection. It waits until the connection has a request."""

    protocol: "Connection"
    perft0: float  # when the request had arrived; Sanic sets it again after the head is parsed

    def init_for_request(self) -> None:
        """Begin to wait for a request."""
        super().init_for_request()  # type: ignore[no-untyped-call]  # Sanic's
        self.protocol.await_request()

    async def http1(self) -> None:
        """Handle requests until the connection is to be closed."""
        await super().http1()  # type: ignore[no-untyped-call]  # Sanic's
        if self.request_body or self.recv_buffer:
            self.protocol.end_early()

    async def http1_request_header(self) -> None:
        """Wait until the connection has a request, then parse its head."""
        while not self.protocol.take_request():
            await self._receive_more()
        self.perft0 = perf_counter()
        await super().http1_request_header()  # type: ignore[no-untyped-call]  # Sanic's

    async def error_response(self, exception: Exception) -> None:
        """Respond to an exception, unless the client is gone: that is no error of the server."""
        if self.protocol.gone:
            self.request_body = None
            self.keep_alive = False
            return
        await super().error_response(exception)

    def create_empty_request(self) -> None:
        """Create a request for a response to one that could not be read, without its URL: that may be the reason."""
        self.url = None
        super().create_empty_request()

    async def head_response_ignored(self, data: bytes, end_stream: bool) -> None:  # type: ignore[override]  # noqa: FBT001  # Sanic awaits it
        """Leave out the body of a response to HEAD."""
        super().head_response_ignored(data, end_stream)


class Connection(HttpProtocol):
    """A connection of a client."""

    HTTP_CLASS = GuardedHttp
    __slots__ = (
        "_began",
        "_blocked_since",
        "_complete",
        "_expected",
        "_guard",
        "_overhead",
        "_reads",
        "_received",
        "_refused",
        "_scanned",
        "_started",
        "_taken",
        "has_order",
    )

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  # Sanic's parameters
        """Create a connection that is not open yet."""
        super().__init__(**kwargs)
        self.transport: Any = None
        self.conn_info: Any = None
        self._http: Any = None
        self._guard: Guard = self.app.ctx.guard
        self._began: float | None = None
        self._blocked_since: float | None = None
        self._complete = False  # a request has arrived, and Sanic has not taken it yet
        self._expected = 0  # bytes of the request, once its head is known
        self._scanned = 0
        self._started = False
        self.has_order = False
        """Whether the request that Sanic handles is one to have an order accepted."""
        self._reads = False  # Sanic waits for more of the request that it handles
        self._received = 0  # bytes since the begin of the request
        self._overhead = 0
        self._taken = 0
        self._refused = False

    @property
    def gone(self) -> bool:
        """Whether there is nobody to respond to."""
        return self._refused or self.conn_info.lost or self.transport is None or self.transport.is_closing()

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # of uvloop or asyncio
        """Wait for a request. Sanic's task starts with it."""
        transport.set_write_buffer_limits(low=2048, high=8192)
        self.transport = transport
        self.conn_info = ConnInfo(transport)
        self.recv_buffer = bytearray()
        self._began = monotonic()
        self.connections.add(self)
        self._guard.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is in progress."""
        if self._aborted:
            self._guard.count_abort()
        self._close_books()
        super().connection_lost(exc)  # type: ignore[no-untyped-call]  # Sanic's

    def pause_writing(self) -> None:
        """Remember since when the client leaves a response unread."""
        self._blocked_since = monotonic()
        super().pause_writing()  # type: ignore[no-untyped-call]  # Sanic's

    def resume_writing(self) -> None:
        """Forget it: the client reads."""
        self._blocked_since = None
        super().resume_writing()  # type: ignore[no-untyped-call]  # Sanic's

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self.gone:
            return
        self.recv_buffer += data
        self._received += len(data)
        if not self._take_bytes():
            return
        if len(self.recv_buffer) >= _PAUSE_READING_BYTES:
            self.transport.pause_reading()
        if not self._waits_for_request:
            if self._reads:
                self._time = monotonic()
                self._data_received.set()
            else:
                self.transport.pause_reading()  # until the response to the request before is sent
        elif not self._complete:
            if self._began is None:
                self._began = monotonic()
            if self._arrived() and self._take_bytes():
                self._complete = True
                self._guard.works(self)
                self._guard.start(self)

    async def receive_more(self) -> None:
        """Wait for more bytes, also for those that end the chunks: for Sanic, the body has ended before them."""
        self._reads = True
        try:
            await super().receive_more()  # type: ignore[no-untyped-call]  # Sanic's
        finally:
            self._reads = False

    def start(self) -> None:
        """Let Sanic handle the request that has arrived."""
        if self.transport.is_closing():
            return
        self._time = monotonic()
        self._started = True
        if self._task is None:
            self._task = self.loop.create_task(self.connection_task())  # type: ignore[no-untyped-call]  # Sanic's
        else:
            self._data_received.set()

    def await_request(self) -> None:
        """Begin to wait for a request, of which some bytes may have arrived."""
        if not self._complete and not self.gone:
            self._received = len(self.recv_buffer)
            self._overhead = 0
            self._return_bytes(self._taken - self._to_take)
            self._began = monotonic() if self.recv_buffer else None
            self._scanned = self._expected = 0
            self._guard.waits(self)

    def take_request(self) -> bool:
        """Return whether the buffer starts with a request. Raises `CancelledError` if it was refused."""
        if not self._complete and self._arrived() and self._take_bytes():
            self._complete = True
        if self._refused:
            raise asyncio.CancelledError
        if not self._complete:
            return False
        self._complete = False
        self.has_order = _ORDER_REQUEST.match(self.recv_buffer) is not None
        self._guard.works(self)
        return True

    def refuse(self, reason: Refusal) -> None:
        """Respond with what is wrong, unless the connection is idle or a response has begun, and close it."""
        if self._refused or self.transport.is_closing():
            return
        idle = self._began is None or (reason is Refusal.SLOW and not self.recv_buffer and self._waits_for_request)
        responding = not self._waits_for_request and self._http.stage is not Stage.HANDLER
        arrived = 0 < self._expected <= len(self.recv_buffer)
        has_order = _ORDER_REQUEST.match(self.recv_buffer) if self._waits_for_request else self.has_order
        answer = not idle and not responding and self._can_write.is_set()
        self._guard.count_refusal(reason, order=answer and bool(has_order))
        self._refused = True
        self._close_books()
        if idle:
            self.transport.close()
        elif not answer:
            self.transport.abort()
        else:
            self.transport.write(RESPONSES[reason])
            self.recv_buffer.clear()
            if arrived or reason is Refusal.SLOW:
                self.transport.close()
            else:
                self._linger()

    def end_early(self) -> None:
        """End the connection after a response, although its client has sent, or may send, more than was read."""
        if self.gone:
            return
        self._refused = True  # ignore what follows
        self._close_books()
        self.recv_buffer.clear()
        self._linger()

    def close(self, timeout: float | None = None) -> None:
        """Close the connection, unless its client may finish sending."""
        if self._guard.stopping or not self._guard.is_lingering(self):
            super().close(timeout)

    def close_if_late(self, now: float) -> None:
        """Refuse the connection if its client sends or reads too slowly. `now` is in seconds of `time.monotonic`."""
        if self._blocked_since is not None and now - self._blocked_since > WRITE_SECONDS:
            self._guard.count_refusal(Refusal.UNREAD, order=False)
            self._refused = True
            self.transport.abort()
        elif self._began is not None and not self._complete:
            age = now - self._began
            if self._waits_for_request:
                if age > (REQUEST_SECONDS if self._expected else HEAD_SECONDS):
                    self.refuse(Refusal.SLOW)
            elif self._reads and age > REQUEST_SECONDS:
                self.refuse(Refusal.SLOW)

    def _linger(self) -> None:
        self.transport.write_eof()
        self.transport.resume_reading()
        self._guard.lingers(self)

    @property
    def _waits_for_request(self) -> bool:
        http = self._http
        return http is None or (http.stage in (Stage.IDLE, Stage.REQUEST) and not http.request_body)

    @property
    def _aborted(self) -> bool:
        """Whether the client has closed a connection that has a request without a response, or a part of one."""
        if self._refused or (self._http is None and self._started):  # the server has closed it
            return False
        return bool(self.recv_buffer) or not self._waits_for_request

    @property
    def _to_take(self) -> int:
        """The bytes that the connection counts. A head is free, so that `/metrics` is there when the budget is not."""
        return self._overhead + max(0, self._received - MAX_HEAD_BYTES)

    def _take_bytes(self) -> bool:
        """Count what was received to the budget. If it is exhausted, refuse the connection and return False."""
        size = self._to_take - self._taken
        try:
            self._guard.budget.take(size)
        except FullError:
            self.refuse(Refusal.REQUEST_BYTES)
            return False
        self._taken += size
        return True

    def _return_bytes(self, size: int) -> None:
        self._guard.budget.release(size)
        self._taken -= size

    def _close_books(self) -> None:
        self._guard.closed(self)
        self._return_bytes(self._taken)

    def _arrived(self) -> bool:
        """Return whether the buffer starts with a whole request for Sanic. Answer health checks, refuse bad requests.

        Sanic reads a body itself if its length is unknown, invalid or too large, or if the client waits for a sign.
        """
        while not self._expected:
            end = self._find_head()
            if not end:
                return False
            if fault := self._find_fault(end):
                self.refuse(fault)
                return False
            end = self._strip_fields(end)
            fields = _BODY_FIELDS.findall(self.recv_buffer, 0, end)
            if not fields and self._answer_health_check(end):
                continue
            self._expected = end
            self._overhead = REQUEST_OVERHEAD_BYTES if fields else 0
            if len(fields) == 1 and fields[0][0].lower() == b"content-length" and fields[0][1].isdigit():
                length = int(fields[0][1][:_MAX_DIGITS])
                self._expected += length if length <= MAX_BODY_BYTES else 0
            order = _ORDER_REQUEST.match(self.recv_buffer)
            if order and order["path"] == b"sync" and self._guard.sync_line.full:
                self.refuse(Refusal.SYNC_QUEUE)
                return False
        return len(self.recv_buffer) >= self._expected

    def _find_head(self) -> int:
        """Return the end of the head in the buffer, or 0. A head that is too large ends where it becomes so."""
        found = self.recv_buffer.find(b"\r\n\r\n", max(0, self._scanned - 3))
        self._scanned = len(self.recv_buffer)
        if found >= 0:
            return found + 4
        return self._scanned if self._scanned > MAX_HEAD_BYTES else 0

    def _find_fault(self, end: int) -> Refusal | None:
        """Return why a request is refused whose head ends at `end` in the buffer, or None."""
        line_end = self.recv_buffer.find(b"\r\n", 0, end)
        line = self.recv_buffer[: line_end if line_end >= 0 else end]
        if len(line) > MAX_REQUEST_LINE_BYTES or line.count(b"/") > MAX_SLASHES:
            return Refusal.TARGET
        if not line.isascii() or _BLANK_IN_NAME.search(self.recv_buffer, 0, end):
            return Refusal.MALFORMED
        if end > MAX_HEAD_BYTES or self.recv_buffer.count(b"\r\n", 0, end) > MAX_HEADERS + 2:
            return Refusal.HEAD
        return None

    def _strip_fields(self, end: int) -> int:
        """Remove the blanks after the fields' values, which are no part of them. Return the new end of the head."""
        fields = self.recv_buffer.find(b"\r\n", 0, end)
        if not _TRAILING_BLANKS.search(self.recv_buffer, fields, end):
            return end
        stripped = _TRAILING_BLANKS.sub(b"", self.recv_buffer[fields:end])
        self.recv_buffer[fields:end] = stripped
        return fields + len(stripped)

    def _answer_health_check(self, end: int) -> bool:
        """Answer a plain health check at once, whatever else waits. Return False for any other request."""
        if not self.recv_buffer.startswith(_HEALTH_REQUEST) or not self._can_write.is_set():
            return False
        close = self._guard.stopping or _CONNECTION_CLOSE.search(self.recv_buffer, 0, end) is not None
        self.transport.write(_HEALTHY % (b"close" if close else b"keep-alive"))
        self._guard.count_health_check()
        del self.recv_buffer[:end]
        self._time = monotonic()
        self.await_request()
        if close:
            self._refused = True  # ignore what follows
            self._close_books()
            self.recv_buffer.clear()
            self.transport.close()
        return True
