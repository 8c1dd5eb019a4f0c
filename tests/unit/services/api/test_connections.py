"""What strangers can do to the API's connections, with real sockets."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from orders.api.metrics import Metrics
from orders.api.refusals import MAX_BODY_BYTES
from orders.api.settings import Limits
from tests.unit.services.api.harness import Harness, assert_problem
from tests.unit.services.fakes import VALID_ORDER, sample

ORDER = json.dumps(VALID_ORDER).encode()
LARGE_ORDER = ORDER.ljust(MAX_BODY_BYTES)
HEALTH = b"GET /health HTTP/1.1\r\nHost: api\r\n\r\n"


def order_request(body: bytes = ORDER, path: str = "/orders/async", *, close: bool = False) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n"
    ).encode() + body


def chunked_request(*chunks: bytes) -> bytes:
    head = (
        b"POST /orders/async HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    )
    return head + b"Connection: close\r\n\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)


async def settle(metrics: Metrics, name: str, value: float) -> None:
    """Wait until a metric has a value."""
    async with asyncio.timeout(5):
        while sample(metrics, name) != value:  # noqa: ASYNC110  # a metric sets no event
            await asyncio.sleep(0.01)


async def first_done[Result](tasks: list[asyncio.Task[Result]], count: int) -> list[Result]:
    """Wait until at least `count` tasks are done, and return their results."""
    async with asyncio.timeout(10):
        while sum(task.done() for task in tasks) < count:
            await asyncio.wait([task for task in tasks if not task.done()], return_when=asyncio.FIRST_COMPLETED)
    return [task.result() for task in tasks if task.done()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("HEAD", 0.3), ("REQUEST", 0.6), ("WRITE", 0.3)):
        monkeypatch.setattr(f"orders.api.connections.{name}_SECONDS", seconds)
    for name, seconds in (("LINGER", 0.3), ("_SWEEP", 0.05)):
        monkeypatch.setattr(f"orders.api.guard.{name}_SECONDS", seconds)


@pytest_asyncio.fixture
async def stuck(api: Harness) -> AsyncIterator[Harness]:
    """Let the topic and the payment provider hang until the end of the test."""
    api.publisher.reachable.clear()
    api.payment.reachable.clear()
    yield api
    api.publisher.reachable.set()
    api.payment.reachable.set()
    await settle(api.metrics, "request_bytes", 0)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET " + b"/" * 1001 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /health?" + b"q" * 4000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"/" * 9000, 414),
        (b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n", 431),
        (b"GET /health HTTP/1.1\r\na: " + b"b" * 9000, 431),
        (b"G\xffT /health HTTP/1.1\r\n\r\n", 400),
    ],
    ids=["slashes", "query", "endless line", "many fields", "large field", "no ASCII"],
)
async def test_an_expensive_head_is_refused_before_routing(
    api: Harness, caplog: pytest.LogCaptureFixture, request_bytes: bytes, status: int
) -> None:
    response = await api.send(request_bytes)
    assert response.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in response
    assert json.loads(response.partition(b"\r\n\r\n")[2])["status"] == status
    assert caplog.records == []
    assert sample(api.metrics, "http_request_seconds_count", route="unmatched", status=str(status)) is None


async def test_a_refused_head_on_a_used_connection_is_answered_too(api: Harness) -> None:
    slashes = b"GET " + b"/" * 1001 + b" HTTP/1.1\r\n\r\n"
    assert (await api.send(order_request() + slashes)).count(b"HTTP/1.1 202 ") == 1
    reader, writer = await api.connect()
    writer.write(order_request())
    assert (await reader.read(4096)).startswith(b"HTTP/1.1 202 ")
    writer.write(slashes)
    assert (await reader.read()).startswith(b"HTTP/1.1 414 ")
    writer.close()
    await writer.wait_closed()


async def test_pipelined_requests_are_answered_in_their_order(api: Harness) -> None:
    responses = await api.send(order_request() + HEALTH + order_request(b"{}") + order_request(close=True))
    assert re.findall(rb"HTTP/1.1 (\d+) ", responses) == [b"202", b"200", b"400", b"202"]


async def test_a_request_may_arrive_in_pieces(api: Harness) -> None:
    reader, writer = await api.connect()
    for _ in range(2):
        request = order_request()
        for start in range(0, len(request), 50):
            writer.write(request[start : start + 50])
            await asyncio.sleep(0.001)
        assert (await reader.read(4096)).startswith(b"HTTP/1.1 202 ")
    writer.close()
    await writer.wait_closed()
    assert len(api.publisher.orders) == 2


async def test_a_chunked_order_is_accepted_up_to_64_kib(api: Harness) -> None:
    assert (await api.send(chunked_request(ORDER[:10], ORDER[10:], b""))).startswith(b"HTTP/1.1 202 ")
    assert (await api.send(chunked_request(LARGE_ORDER, b" ", b""))).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "request_bytes",
    [
        order_request(LARGE_ORDER * 16),
        chunked_request(*[LARGE_ORDER] * 16),
        order_request().replace(b"Content-Length: ", b"Content-Length: x") + LARGE_ORDER * 16,
        order_request() + b"GET / HTTP/9\r\n\r\n" + LARGE_ORDER * 16,
    ],
    ids=["length", "chunked", "invalid length", "after another request"],
)
async def test_a_client_that_sends_too_much_gets_its_response(api: Harness, request_bytes: bytes) -> None:
    response = await api.send(request_bytes)
    assert re.findall(rb"HTTP/1.1 4\d\d ", response)
    await settle(api.metrics, "connections", 0)


async def test_a_client_that_waits_for_a_sign_gets_one(api: Harness) -> None:
    reader, writer = await api.connect()
    head, _, body = order_request(close=True).partition(b"\r\n\r\n")
    writer.write(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    writer.write(body)
    assert b"HTTP/1.1 202 " in await reader.read()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("limits", [Limits(request_bytes=400 * 1024)])
async def test_large_orders_beyond_the_budget_get_503_and_the_others_are_kept(stuck: Harness) -> None:
    requests = [asyncio.create_task(stuck.post("/orders/async", LARGE_ORDER)) for _ in range(20)]
    for response, body in await first_done(requests, 15):
        assert_problem(response, body, 503, "try again")
        assert response.headers["Retry-After"] == "5"
    assert sample(stuck.metrics, "orders_rejected_total", reason="request_bytes") == 15
    assert (sample(stuck.metrics, "request_bytes") or 0) <= 400 * 1024
    assert [(await stuck.get(path))[0].status for path in ("/health", "/metrics")] == [200, 200]
    stuck.publisher.reachable.set()
    assert Counter([(await request)[0].status for request in requests]) == {503: 15, 202: 5}
    assert len(stuck.publisher.orders) == 5
    assert (await stuck.post("/orders/async", LARGE_ORDER))[0].status == 202


@pytest.mark.parametrize("limits", [Limits(request_bytes=200 * 1024)])
async def test_bodies_that_are_being_read_count(stuck: Harness) -> None:
    connections = [await stuck.connect() for _ in range(10)]
    for number, (_, writer) in enumerate(connections):
        request = order_request(LARGE_ORDER) if number % 2 else chunked_request(LARGE_ORDER, b"")
        writer.write(request[:50_000])
    answers = [asyncio.create_task(reader.read(12)) for reader, _ in connections]
    assert set(await first_done(answers, 6)) == {b"HTTP/1.1 503"}
    assert (sample(stuck.metrics, "request_bytes") or 0) <= 200 * 1024
    for _, writer in connections:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    await asyncio.gather(*answers, return_exceptions=True)


async def test_a_client_that_leaves_takes_no_more_bytes(stuck: Harness) -> None:
    _, writer = await stuck.connect()
    writer.write(order_request(LARGE_ORDER))
    await asyncio.sleep(0.2)
    assert (sample(stuck.metrics, "request_bytes") or 0) > MAX_BODY_BYTES
    writer.close()
    await writer.wait_closed()
    await settle(stuck.metrics, "request_bytes", 0)


@pytest.mark.parametrize("limits", [Limits(sync_queue=2)])
async def test_sync_orders_beyond_the_line_get_503(stuck: Harness) -> None:
    requests = [asyncio.create_task(stuck.post("/orders/sync")) for _ in range(50)]
    refused = await first_done(requests, 48)
    assert {(response.status, response.headers["Retry-After"]) for response, _ in refused} == {(503, "5")}
    assert sample(stuck.metrics, "orders_rejected_total", reason="sync_queue") == 48
    assert sample(stuck.metrics, "sync_queue_orders") == 2
    assert (await stuck.get("/health"))[0].status == 200
    stuck.payment.reachable.set()
    assert Counter([(await request)[0].status for request in requests]) == {503: 48, 200: 2}
    assert (await stuck.post("/orders/sync"))[0].status == 200


@pytest.mark.parametrize("limits", [Limits(sync_queue=1)])
async def test_a_client_that_leaves_the_line_makes_room(stuck: Harness) -> None:
    _, writer = await stuck.connect()
    writer.write(order_request(path="/orders/sync"))
    await settle(stuck.metrics, "sync_queue_orders", 1)
    writer.close()
    await writer.wait_closed()
    await settle(stuck.metrics, "sync_queue_orders", 0)


@pytest.mark.parametrize("missing", range(1, 8))
async def test_a_chunked_order_may_end_in_parts(api: Harness, missing: int) -> None:
    request = chunked_request(ORDER, b"")
    reader, writer = await api.connect()
    writer.write(request[:-missing])
    await api.send(HEALTH.replace(b"Host", b"Connection: close\r\nHost"))  # meanwhile the API reads what was sent
    writer.write(request[-missing:])
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 202 ")
    writer.close()
    await writer.wait_closed()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("missing", range(1, 8))
async def test_a_chunked_order_without_its_end_is_cut_off(api: Harness, missing: int) -> None:
    async with asyncio.timeout(5):
        assert (await api.send(chunked_request(ORDER, b"")[:-missing])).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("start", "status"),
    [
        (b"", b""),
        (b"GET /heal", b"HTTP/1.1 408"),
        (order_request(LARGE_ORDER)[:300], b"HTTP/1.1 408"),
        (chunked_request(LARGE_ORDER)[:300], b"HTTP/1.1 408"),
        (b"GET /ready HTTP/1.1\r\nContent-Length: 60000\r\n\r\n", b"HTTP/1.1 408"),
        (b"POST /nowhere HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n", b"HTTP/1.1 404"),
        (HEALTH + b"GET /heal", b"HTTP/1.1 200"),
        (order_request() + b"GET /heal", b"HTTP/1.1 202"),
    ],
    ids=["nothing", "head", "body", "chunked", "needless body", "unread body", "second head", "pipelined head"],
)
async def test_a_slow_sender_is_cut_off(api: Harness, start: bytes, status: bytes) -> None:
    reader, writer = await api.connect()
    received = asyncio.create_task(reader.read())
    began = time.monotonic()
    writer.write(start)
    while not received.done() and time.monotonic() - began < 10:
        await asyncio.wait([received], timeout=0.05)
        if start:
            with suppress(OSError):
                writer.write(b"x")
    assert received.done()
    with suppress(ConnectionResetError):
        assert (await received).startswith(status)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    await settle(api.metrics, "request_bytes", 0)


@pytest.mark.usefixtures("impatient")
async def test_a_client_that_reads_no_responses_is_cut_off(api: Harness, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await api.connect()
    reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001  # asyncio reads ahead otherwise
    began = time.monotonic()
    with suppress(OSError):
        while time.monotonic() - began < 5:
            writer.write(b"GET /docs HTTP/1.1\r\nHost: api\r\n\r\n" * 100)
            async with asyncio.timeout(5):
                await writer.drain()
            if sample(api.metrics, "connections_refused_total", reason="unread"):
                break
            await asyncio.sleep(0.05)
    assert sample(api.metrics, "connections_refused_total", reason="unread") == 1
    writer.transport.abort()
    await settle(api.metrics, "request_bytes", 0)
    assert caplog.records == []


@pytest.mark.parametrize("limits", [Limits(connections=3)])
async def test_the_connection_that_waited_longest_gives_way(stuck: Harness) -> None:
    _, busy = await stuck.connect()
    busy.write(order_request())
    await settle(stuck.metrics, "request_bytes", 16 * 1024)
    idle = [await stuck.connect() for _ in range(4)]
    for reader, _ in idle[:2]:
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
    assert sample(stuck.metrics, "connections") == 3
    idle[3][1].write(HEALTH)
    assert (await idle[3][0].read(12)) == b"HTTP/1.1 200"
    stuck.publisher.reachable.set()
    await settle(stuck.metrics, "request_bytes", 0)
    assert len(stuck.publisher.orders) == 1
    for _, writer in [*idle, (None, busy)]:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@pytest.mark.parametrize(
    "start",
    [
        order_request(LARGE_ORDER)[:20_000],
        chunked_request(LARGE_ORDER, b"")[:20_000],
        b"POST /orders/async HTTP/1.1\r\nContent-Len",
        order_request() + b"GET /he",
        order_request(path="/orders/sync"),
    ],
    ids=["body", "chunked", "head", "second head", "in line"],
)
async def test_a_client_that_goes_away_leaves_no_record(
    stuck: Harness, caplog: pytest.LogCaptureFixture, start: bytes
) -> None:
    reader, writer = await stuck.connect()
    writer.write(start)
    await asyncio.sleep(0.1)
    writer.close()
    await writer.wait_closed()
    await reader.read()
    await settle(stuck.metrics, "request_bytes", 0)
    await settle(stuck.metrics, "connections", 0)
    await settle(stuck.metrics, "requests_aborted_total", 1)
    await asyncio.sleep(0.1)
    assert caplog.records == []


async def test_a_client_that_leaves_with_its_response_has_aborted_nothing(api: Harness) -> None:
    await api.send(order_request(close=True))
    await api.send(chunked_request(LARGE_ORDER, LARGE_ORDER, b""))
    reader, writer = await api.connect()
    writer.write(HEALTH + order_request())
    assert await reader.readuntil(b"HTTP/1.1 202 ")
    writer.close()
    await writer.wait_closed()
    await settle(api.metrics, "connections", 0)
    assert sample(api.metrics, "requests_aborted_total") == 0


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /ready HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 200),
        (b"GET /ready HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 200),
        (b"HEAD /docs HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        (b"GET http://api:port/ready HTTP/1.1\r\n\r\n", 400),
        (b"GET /ready HTTP/1.1\r\nContent-Length: 5\r\nExpect: \xff\r\nConnection: close\r\n\r\nhello", 417),
        (b"POST /orders/async HTTP/1.1\r\nContent-Length: five\r\n\r\n", 400),
        (b"POST /orders/async HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /orders/async HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n{", 400),
    ],
)
async def test_an_odd_request_leaves_no_record(
    api: Harness, caplog: pytest.LogCaptureFixture, request_bytes: bytes, status: int
) -> None:
    assert (await api.send(request_bytes)).startswith(b"HTTP/1.1 %d " % status)
    assert caplog.records == []


def rejections(metrics: Metrics) -> dict[str, float]:
    """Return the orders that were rejected for each reason."""
    (family,) = [family for family in metrics.registry.collect() if family.name == "orders_rejected"]
    return {s.labels["reason"]: s.value for s in family.samples if s.name == "orders_rejected_total" and s.value}


ORDER_HEAD = b"POST /orders/async HTTP/1.1\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status", "reason"),
    [
        (order_request(LARGE_ORDER + b" "), 413, "too_large"),
        (chunked_request(LARGE_ORDER, b" ", b""), 413, "too_large"),
        (order_request(b"{}"), 400, "invalid"),
        (order_request().replace(b"Host: api", b"Idempotency-Key:"), 400, "idempotency_key"),
        (order_request().replace(b"application/json", b"text/plain"), 415, "media_type"),
        (order_request().replace(b"async HTTP", b"async?" + b"q" * 4000 + b" HTTP"), 414, "target"),
        (order_request().replace(b"Host: api", b"x: " + b"y" * 9000), 431, "head"),
        (order_request().replace(b"async HTTP", b"async?\xff HTTP"), 400, "malformed"),
        (order_request().replace(b"POST /", b"POST http://api/").replace(b"Host: api", b"x"), 400, "malformed"),
        (ORDER_HEAD + b"Content-Length: five\r\n\r\n", 400, "malformed"),
        (ORDER_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "malformed"),
        (ORDER_HEAD + b"Content-Length: 5\r\nExpect: x\r\n\r\n", 417, "malformed"),
        (order_request().replace(b" /orders", b" /order"), 404, None),
        (order_request().replace(b"POST", b"PUT"), 405, None),
        (b"GET /health HTTP/1.1\r\nContent-Length: five\r\n\r\n", 400, None),
    ],
)
async def test_every_order_with_an_error_response_is_counted_once(
    api: Harness, request_bytes: bytes, status: int, reason: str | None
) -> None:
    reader, writer = await api.connect()
    writer.write(request_bytes)
    assert (await reader.readline()).startswith(b"HTTP/1.1 %d " % status)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    await settle(api.metrics, "connections", 0)
    assert rejections(api.metrics) == ({reason: 1} if reason else {})


async def test_an_order_after_another_on_the_same_connection_is_counted_for_itself(api: Harness) -> None:
    await api.send(order_request(b"{}") + HEALTH + b"GET /nowhere HTTP/1.1\r\n\r\n" + order_request(b"[]", close=True))
    assert rejections(api.metrics) == {"invalid": 2}


async def test_an_order_that_fails_unexpectedly_is_counted(api: Harness) -> None:
    api.publisher.failure = RuntimeError()
    assert (await api.send(order_request(close=True))).startswith(b"HTTP/1.1 500 ")
    assert rejections(api.metrics) == {"error": 1}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("start", [order_request(LARGE_ORDER)[:300], chunked_request(LARGE_ORDER)[:300]])
async def test_an_order_that_is_sent_too_slowly_is_counted(api: Harness, start: bytes) -> None:
    assert (await api.send(start)).startswith(b"HTTP/1.1 408 ")
    assert rejections(api.metrics) == {"slow": 1}


@pytest.mark.usefixtures("impatient")
async def test_an_accepted_order_is_not_counted_as_rejected_when_its_connection_is_refused(api: Harness) -> None:
    reader, writer = await api.connect()
    writer.write(order_request())
    assert (await reader.read(4096)).startswith(b"HTTP/1.1 202 ")
    writer.write(b"GET /heal")
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()
    assert rejections(api.metrics) == {}


@pytest.mark.parametrize("blanks", [b" ", b"\t", b" \t  "])
async def test_blanks_around_a_field_value_are_no_part_of_it(api: Harness, blanks: bytes) -> None:
    for request in (order_request(close=True), chunked_request(ORDER, b"")):
        head, _, body = request.replace(b"Host: api", b"Host: api\r\nIdempotency-Key: a").partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        padded = [field.replace(b": ", b":" + blanks) + blanks for field in fields]
        response = await api.send(b"\r\n".join([line, *padded]) + b"\r\n\r\n" + body)
        assert response.startswith(b"HTTP/1.1 202 ")
        assert b"\r\nconnection: close\r\n" in response
    assert len({order.order_id for order in api.publisher.orders}) == 1
    assert len(api.publisher.orders) == 2


@pytest.mark.parametrize(
    "request_bytes",
    [
        order_request().replace(b"api\r\n", b"api\r\n \r\n"),
        order_request().replace(b"HTTP/1.1\r\n", b"HTTP/1.1 \r\n"),
        order_request().replace(b"Content-Length:", b"Content-Length :"),
        order_request().replace(b"Content-Length:", b" Content-Length:"),
        order_request().replace(b"Host: api", b"Transfer-Encoding\t: chunked"),
    ],
    ids=["line of blanks", "request line", "before the colon", "before the name", "a tab before the colon"],
)
async def test_other_blanks_stay_invalid(api: Harness, request_bytes: bytes) -> None:
    response = await api.send(request_bytes)
    assert re.findall(rb"HTTP/1.1 (\d+) ", response) == [b"400"]
    assert api.publisher.orders == []


@pytest.mark.parametrize(
    "field",
    [
        b"Host", b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Upgrade", b"Connection",
        b"Idempotency-Key", b"Accept", b"Cookie", b"Authorization", b"Forwarded", b"X-Forwarded-For", b"\xff", b"",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", [b"\xff", b"\xc3\xbc", b"a\x00b", b"\xed\xa0\x80", b"%ff"])
async def test_bytes_that_are_no_text_are_no_server_error(
    api: Harness, caplog: pytest.LogCaptureFixture, field: bytes, value: bytes
) -> None:
    head, _, body = order_request(close=True).partition(b"\r\n\r\n")
    fields = [line for line in head.split(b"\r\n") if not line.lower().startswith(field.lower() + b":")]
    reader, writer = await api.connect()
    writer.write(b"\r\n".join([*fields, field + b": " + value]) + b"\r\n\r\n" + body)
    status = (await reader.readline())[9:12]
    assert status == b"202" or status.startswith(b"4")
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    await settle(api.metrics, "connections", 0)
    assert caplog.records == []


@pytest.mark.parametrize("target", [b"/%ff", b"/orders/%ff", b"/health?%ff", b"/%00", b"*", b"/\x01", b"http://%ff/"])
async def test_a_target_that_is_no_text_is_no_server_error(
    api: Harness, caplog: pytest.LogCaptureFixture, target: bytes
) -> None:
    response = await api.send(b"GET " + target + b" HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert response[9:12] == b"200" or response[9:10] == b"4"
    assert caplog.records == []


async def test_health_checks_keep_or_close_their_connection(api: Harness) -> None:
    closing = HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    response = await api.send(HEALTH + closing + HEALTH)
    assert response.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert response.endswith(b"connection: close\r\n\r\nOK")
    assert sample(api.metrics, "http_request_seconds_count", route="/health", status="200") == 2
