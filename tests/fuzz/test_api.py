"""Bytes that clients send to the API: each request is answered with no server's error, or its connection is closed."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sanic import Sanic

from orders.api.app import create_app
from orders.api.connections import Connection, listen
from orders.api.metrics import Metrics
from orders.api.publisher import BatchingPublisher
from orders.api.refusals import MAX_BODY_BYTES, MAX_HEAD_BYTES
from orders.api.settings import Settings
from orders.model import Order, decode_order, encode_ascii
from tests.fuzz.hostile import damaged, mutated, write
from tests.fuzz.observation import LIMIT_SECONDS, log_lines, time_limit
from tests.unit.services.api.fakes import MemoryTopic
from tests.unit.services.fakes import VALID_ORDER, InstantPayment, sample

SETTINGS = Settings(aws_region="us-west-2", sns_topic_arn="arn:aws:sns:us-west-2:123456789012:orders")
WHOLE = b"POST /orders/async HTTP/1.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
ENDING = b"\r\n\r\n" + b"x" * (MAX_BODY_BYTES + 2 * MAX_HEAD_BYTES)
"""Ends whatever the server may wait for: a head, a body, a chunk."""

_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
_IN_SQS = re.compile(rb"[\t\n\r\x20-\x7f]*")


def mostly(usual: bytes, *others: bytes) -> SearchStrategy[bytes]:
    return st.sampled_from([usual] * 2 * len(others) + [*others])


METHODS = mostly(b"POST", b"GET", b"HEAD", b"PUT", b"OPTIONS", b"get", b"G\xffT", b"", b"A" * 3000)
PATHS = mostly(
    b"/orders/async", b"/orders/sync", b"/health", b"/ready", b"/metrics", b"/openapi.json", b"/docs", b"/", b"*"
)
REST = mostly(b"", b"/", b"?", b"?a=%ff&a", b"#", b"%ff", b"%00", b"%2e%2e/", b"/" * 20, b";x", b"[", b"\xff", b"\x01")
VERSIONS = mostly(b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b"http/1.1", b"HTTP/1.1 ", b"", b"\xff")
NAMES = st.sampled_from(
    [
        *(b"Content-Type", b"Idempotency-Key", b"Host", b"Accept", b"Accept-Encoding", b"Cookie", b"Authorization"),
        *(b"Forwarded", b"X-Forwarded-For", b"X-Request-ID", b"Range", b"Origin", b"\xff", b"", b"a b", b" a", b"a "),
    ]
)
VALUES = st.one_of(
    st.sampled_from([b"", b" a\t", b"a\0b", b"%ff", b'"', b"\xc3\xbc", b"=?x?=", b"-1", b"x" * 256, b"x" * 9000]),
    st.sampled_from([b"application/json", b"Application/JSON ; x", b"text/plain", b"multipart/form-data; boundary="]),
    st.binary(max_size=8).map(lambda value: re.sub(rb"[\r\n]", b"", value)),
)
FRAMING = st.sampled_from(
    [
        *(b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 1e9", b"Content-Length: 99999999999999999999"),
        *(b"Content-Length: +5", b"Content-Length: \xb2", b"Content-Length:", b"Content-Length: 65537"),
        *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: \xff"),
        *(b"Expect: 100-continue", b"Expect: \xff", b"Upgrade: h2c", b"Upgrade: websocket", b"Connection: upgrade"),
        *(b"Connection: close", b"Connection: keep-alive, close", b"Connection: \xff", b" folded", b"no colon"),
    ]
)
SIZES = st.sampled_from([b"", b"-1", b"g", b"f" * 20, b"5;x=y", b" 5 ", b"0x5", b"1_0", b"\xff", b"0", b"10001"])


class Case(NamedTuple):
    """What a client sends on one connection, in parts."""

    parts: list[bytes]
    whole: bool
    """Whether it is one request that asks to close the connection, and so gets one response."""
    leaves: bool
    """Whether the client closes the connection without waiting for a response."""


@st.composite
def heads(draw: DrawFn) -> list[bytes]:
    """Return the lines of a head, without those about the body."""
    target = draw(PATHS) + draw(REST)
    lines = [b" ".join([draw(METHODS), target, draw(VERSIONS)]), b"Host: api", b"Content-Type: application/json"]
    lines += [draw(NAMES) + b":" + draw(VALUES) for _ in range(draw(st.sampled_from([0, 1, 2, 70])))]
    return lines


@st.composite
def orders(draw: DrawFn) -> bytes:
    """Return an order, often almost right."""
    body = write(draw(mutated(VALID_ORDER)))
    return draw(damaged(body)) if draw(st.integers(0, 3)) == 0 else body


@st.composite
def chunks(draw: DrawFn, body: bytes) -> bytes:
    """Return a body in chunks, often with a size that is none."""
    middle = draw(st.integers(0, len(body)))
    parts = [(b"%x" % len(part), part) for part in (body[:middle], body[middle:], b"")]
    if draw(st.booleans()):
        position = draw(st.integers(0, 2))
        parts[position] = (draw(SIZES), parts[position][1])
    return b"".join(b"%b\r\n%b\r\n" % part for part in parts)


@st.composite
def requests(draw: DrawFn) -> bytes:
    """Return a request, often with contradictions or damage."""
    lines, body = draw(heads()), draw(orders())
    match draw(st.sampled_from(["length", "chunks", "both", "none"])):
        case "length":
            lines.append(b"Content-Length: %d" % len(body))
        case "chunks":
            lines.append(b"Transfer-Encoding: chunked")
            body = draw(chunks(body))
        case "both":
            lines += [b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked"]
    lines += draw(st.lists(FRAMING, max_size=2))
    request = b"\r\n".join(lines) + b"\r\n\r\n" + body
    return draw(damaged(request)) if draw(st.booleans()) else request


@st.composite
def cases(draw: DrawFn) -> Case:
    """Return a whole request with any head and body, or any bytes that resemble requests."""
    whole = draw(st.booleans())
    if whole:
        body = draw(orders())
        lines = [*draw(heads()), b"Connection: close", b"Content-Length: %d" % len(body)]
        data = b"\r\n".join(lines) + b"\r\n\r\n" + body
    else:
        data = b"".join(draw(st.lists(requests(), min_size=1, max_size=2)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=2)))
    parts = [data[start:end] for start, end in pairwise([0, *cuts, len(data)])]
    return Case(parts, whole, leaves=not whole and draw(st.booleans()))


class Api:
    """A running API, with Sanic's own server on a socket, which publishes to memory."""

    def __init__(self) -> None:
        self.topic = MemoryTopic()
        self.metrics = Metrics()
        self.address: tuple[str, int]

    @asynccontextmanager
    async def open_publisher(self) -> AsyncIterator[BatchingPublisher]:
        publisher = BatchingPublisher(self.topic, SETTINGS, self.metrics)
        yield publisher
        await publisher.close(1)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = create_app(self.open_publisher, InstantPayment(), self.metrics)
        listener = listen("127.0.0.1", 0)
        self.address = listener.getsockname()
        # Sanic publishes no type for it.
        server: Any = await app.create_server(sock=listener, protocol=Connection, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        yield
        await server.before_stop()
        await server.close()
        await server.after_stop()

    async def exchange(self, case: Case) -> bytes:
        """Send the bytes of a case, and return what comes until the connection is closed."""
        reader, writer = await asyncio.open_connection(*self.address)
        received = b""
        with suppress(ConnectionError):  # the server has closed it before it got everything
            for part in case.parts:
                writer.write(part)
                await asyncio.sleep(0)
            if not case.whole:
                writer.write(b"" if case.leaves else ENDING)
            if not case.leaves:
                received = await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return received

    async def settled(self) -> None:
        """Wait until the server has closed all connections and released their bytes."""
        while sample(self.metrics, "connections") or sample(self.metrics, "request_bytes"):  # noqa: ASYNC110  # a metric sets no event
            await asyncio.sleep(0)


@pytest.fixture(scope="module")
def api() -> Iterator[tuple[Api, asyncio.Runner]]:
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        patch.setattr(Sanic, "test_mode", True)  # allows several applications in one process
        api = Api()
        running = api.running()
        runner.run(running.__aenter__())
        yield api, runner
        runner.run(running.__aexit__(None, None, None))


async def converse(api: Api, case: Case) -> tuple[bytes, bytes]:
    """Return what comes for a case, and for an order after it."""
    order = write(VALID_ORDER)
    async with asyncio.timeout(LIMIT_SECONDS):
        received = await api.exchange(case)
        after = await api.exchange(Case([WHOLE + b"%d\r\n\r\n%b" % (len(order), order)], whole=True, leaves=False))
        await api.settled()
    return received, after


@pytest.mark.timeout(0)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a case with a body that is too large
@given(cases())
def test_each_request_is_answered_and_is_no_servers_error(api: tuple[Api, asyncio.Runner], case: Case) -> None:
    server, runner = api
    server.topic.batches.clear()
    with log_lines() as lines, time_limit():
        received, after = runner.run(converse(server, case))
    assert lines == []
    statuses = [int(status) for status in _STATUS.findall(received)]
    assert all(status < HTTPStatus.INTERNAL_SERVER_ERROR for status in statuses)
    assert after.startswith(b"HTTP/1.1 202 ")
    *published, last = [message for batch in server.topic.batches for message in batch]
    for message in [*published, last]:
        assert _IN_SQS.fullmatch(message)
        assert encode_ascii(decode_order(message.decode())) == message
    if case.whole:
        assert len(statuses) == 1
        answer = received.partition(b"\r\n\r\n")[2]
        accepted = [msgspec.json.decode(answer, type=Order)] if statuses == [HTTPStatus.ACCEPTED] else []
        assert accepted == [decode_order(message.decode()) for message in published]
