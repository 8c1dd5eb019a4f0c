"""The application as clients use it: over HTTP, on a free port, with Sanic's own server."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from sanic import Sanic

from orders.api.app import MAX_BODY_BYTES, create_app
from orders.api.metrics import Metrics
from orders.api.openapi import DOCUMENT
from orders.api.publisher import Reason, UnavailableError
from tests.unit.services.api.fakes import MemoryPublisher
from tests.unit.services.fakes import VALID_ORDER, InstantPayment, sample

TOO_LONG_KEY = "k" * 256


class Harness:
    """A running API with its test doubles and a client."""

    def __init__(self) -> None:
        self.publisher = MemoryPublisher()
        self.payment = InstantPayment()
        self.metrics = Metrics()
        self.client: aiohttp.ClientSession

    @asynccontextmanager
    async def open_publisher(self) -> AsyncIterator[MemoryPublisher]:
        self.publisher.open = True
        yield self.publisher
        self.publisher.open = False

    async def post(
        self, path: str, body: object = VALID_ORDER, *, headers: dict[str, str] | None = None
    ) -> tuple[aiohttp.ClientResponse, dict[str, Any]]:
        """Post a body, as JSON unless it is bytes. Return the response and its JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.post(
            path, data=data, headers={"Content-Type": "application/json"} | (headers or {})
        ) as r:
            return r, await r.json(content_type=None)

    async def get(self, path: str) -> tuple[aiohttp.ClientResponse, str]:
        async with self.client.get(path) as response:
            return response, await response.text()


@pytest_asyncio.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    monkeypatch.setattr(Sanic, "test_mode", True)  # allows several applications in one process
    harness = Harness()
    app = create_app(harness.open_publisher, harness.payment, harness.metrics)
    listener = socket.create_server(("127.0.0.1", 0))
    server: Any = await app.create_server(sock=listener, return_asyncio_server=True)  # Sanic publishes no type for it
    await server.startup()
    await server.before_start()
    await server.start_serving()
    async with aiohttp.ClientSession("http://{}:{}".format(*listener.getsockname())) as harness.client:
        yield harness
    await server.before_stop()
    await server.close()
    await server.after_stop()
    assert not harness.publisher.open


def assert_problem(response: aiohttp.ClientResponse, body: dict[str, Any], status: int, detail: str) -> None:
    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert body.keys() == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert detail in body["detail"]


async def test_an_async_order_is_published_and_returned(api: Harness) -> None:
    response, body = await api.post("/orders/async")
    assert response.status == 202
    assert response.content_type == "application/json"
    (order,) = api.publisher.orders
    assert body | VALID_ORDER == body
    assert (body["order_id"], body["status"]) == (str(order.order_id), "pending")
    assert api.payment.keys == []
    assert sample(api.metrics, "orders_accepted_total", route="/orders/async") == 1


async def test_a_sync_order_is_paid_for_and_returned(api: Harness) -> None:
    response, body = await api.post("/orders/sync")
    assert response.status == 200
    assert body["status"] == "completed"
    assert api.payment.keys == [body["order_id"]]
    assert api.publisher.orders == []
    assert sample(api.metrics, "orders_accepted_total", route="/orders/sync") == 1


@pytest.mark.parametrize("path", ["/orders/async", "/orders/sync"])
async def test_the_same_key_gives_the_same_order_id(api: Harness, path: str) -> None:
    ids = [(await api.post(path, headers={"Idempotency-Key": key}))[1]["order_id"] for key in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("key", ["", "two words", TOO_LONG_KEY])
async def test_an_invalid_key_is_rejected(api: Harness, key: str) -> None:
    response, body = await api.post("/orders/async", headers={"Idempotency-Key": key})
    assert_problem(response, body, 400, "Idempotency-Key")
    assert sample(api.metrics, "orders_rejected_total", reason="idempotency_key") == 1


@pytest.mark.parametrize("path", ["/orders/async", "/orders/sync"])
async def test_an_invalid_order_is_rejected_with_the_field(api: Harness, path: str) -> None:
    response, body = await api.post(path, VALID_ORDER | {"customer_id": 0})
    assert_problem(response, body, 400, "$.customer_id")
    assert api.publisher.orders == []
    assert api.payment.keys == []
    assert sample(api.metrics, "orders_rejected_total", reason="invalid") == 1


async def test_an_empty_body_is_rejected(api: Harness) -> None:
    assert_problem(*await api.post("/orders/async", b""), 400, "truncated")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_other_media_types_than_json_are_rejected(api: Harness, media_type: str) -> None:
    response, body = await api.post("/orders/async", headers={"Content-Type": media_type})
    assert_problem(response, body, 415, "application/json")
    assert sample(api.metrics, "orders_rejected_total", reason="media_type") == 1


async def test_the_media_type_may_have_a_charset(api: Harness) -> None:
    response, _ = await api.post("/orders/async", headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert response.status == 202


async def test_a_body_of_64_kib_is_accepted_and_a_larger_one_is_not(api: Harness) -> None:
    order = json.dumps(VALID_ORDER).encode()
    response, _ = await api.post("/orders/async", order.ljust(MAX_BODY_BYTES))
    assert response.status == 202
    assert_problem(*await api.post("/orders/async", order.ljust(MAX_BODY_BYTES + 1)), 413, "size limit")


@pytest.mark.parametrize("reason", Reason)
async def test_an_unavailable_publisher_returns_503_with_retry_after(api: Harness, reason: Reason) -> None:
    api.publisher.failure = UnavailableError(reason)
    response, body = await api.post("/orders/async")
    assert_problem(response, body, 503, "try again")
    assert response.headers["Retry-After"] == "5"
    assert sample(api.metrics, "orders_rejected_total", reason=reason) == 1


async def test_an_unexpected_error_is_logged_and_not_shown_to_the_client(
    api: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    api.publisher.failure = RuntimeError("secret")
    with caplog.at_level(logging.ERROR):
        response, body = await api.post("/orders/async")
    assert_problem(response, body, 500, "")
    assert "secret" not in str(body)
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [api.publisher.failure]


async def test_a_wrong_method_returns_405_with_the_allowed_methods(api: Harness) -> None:
    async with api.client.get("/orders/async") as response:
        assert_problem(response, await response.json(content_type=None), 405, "GET")
        assert response.headers["Allow"] == "POST"


async def test_an_unknown_path_is_not_found(api: Harness) -> None:
    async with api.client.get("/nowhere") as response:
        assert_problem(response, await response.json(content_type=None), 404, "not found")


async def test_health_is_ok(api: Harness) -> None:
    response, text = await api.get("/health")
    assert (response.status, text) == (200, "OK")


async def test_the_api_is_ready_when_its_publisher_is(api: Harness) -> None:
    assert (await api.get("/ready"))[0].status == 200
    api.publisher.ready = False
    response, _ = await api.get("/ready")
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"


async def test_requests_are_timed_by_route_and_status(api: Harness) -> None:
    await api.post("/orders/async")
    await api.get("/nowhere")
    assert sample(api.metrics, "http_request_seconds_count", route="/orders/async", status="202") == 1
    assert sample(api.metrics, "http_request_seconds_count", route="unmatched", status="404") == 1


async def test_a_malformed_request_returns_a_problem(api: Harness) -> None:
    host, port = api.client._base_url.host, api.client._base_url.port  # type: ignore[union-attr]  # noqa: SLF001  # the fixture sets it
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"no request\r\n\r\n")
    response = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in response


async def test_metrics_are_in_prometheus_text_format(api: Harness) -> None:
    await api.post("/orders/async")
    response, text = await api.get("/metrics")
    assert response.content_type == "text/plain"
    assert 'orders_accepted_total{route="/orders/async"} 1.0' in text


async def test_the_openapi_document_is_served_as_json_and_html(api: Harness) -> None:
    _, document = await api.get("/openapi.json")
    response, page = await api.get("/docs")
    assert json.loads(document) == DOCUMENT
    assert response.content_type == "text/html"
    assert "/orders/sync" in page


async def test_the_openapi_document_describes_every_route(api: Harness) -> None:
    described = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    routes = Sanic.get_app("orders-api").router.routes
    assert {(f"/{route.path}", method.lower()) for route in routes for method in route.methods} == described
    assert api.publisher.open
