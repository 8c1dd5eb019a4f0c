import json

import pytest

from orders.api.openapi import DOCUMENT
from orders.api.publisher import Reason, UnavailableError
from orders.api.settings import Limits
from orders.batching import RejectedError
from tests.unit.services.api.harness import Harness, assert_problem
from tests.unit.services.fakes import VALID_ORDER, declined, sample


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


@pytest.mark.parametrize("path", ["/orders/async", "/orders/sync"])
async def test_the_same_key_with_another_content_is_another_order(api: Harness, path: str) -> None:
    headers = {"Idempotency-Key": "invoice-1001"}
    free = VALID_ORDER | {"items": [VALID_ORDER["items"][0] | {"price": 0}]}
    responses = [await api.post(path, body, headers=headers) for body in (free, VALID_ORDER, free)]
    assert {response.status for response, _ in responses} <= {200, 202}
    ids = [body["order_id"] for _, body in responses]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("path", ["/orders/async", "/orders/sync"])
async def test_an_invalid_order_is_rejected_with_the_field(api: Harness, path: str) -> None:
    response, body = await api.post(path, VALID_ORDER | {"customer_id": 0})
    assert_problem(response, body, 400, "$.customer_id")
    assert api.publisher.orders == []
    assert api.payment.keys == []
    assert sample(api.metrics, "orders_rejected_total", reason="invalid") == 1


async def test_an_empty_body_is_rejected(api: Harness) -> None:
    assert_problem(*await api.post("/orders/async", b""), 400, "truncated")


async def test_a_deeply_nested_body_is_rejected(api: Harness, caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    assert_problem(*await api.post("/orders/async", body), 400, "too deeply")
    assert caplog.records == []


async def test_a_path_is_no_label(api: Harness) -> None:
    for slashes in ("", "/", "///"):
        assert (await api.post(f"/orders/async{slashes}"))[0].status == 202
    assert sample(api.metrics, "orders_accepted_total", route="/orders/async") == 3


async def test_metrics_are_generated_once_a_second_at_most(api: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.9, 101.0])
    monkeypatch.setattr("orders.api.metrics.monotonic", lambda: next(clock))
    texts = []
    for _ in range(3):
        texts.append((await api.get("/metrics"))[1])
        await api.post("/orders/async")
    assert texts[0] == texts[1] != texts[2]


async def test_the_media_type_may_have_a_charset(api: Harness) -> None:
    response, _ = await api.post("/orders/async", headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert response.status == 202


@pytest.mark.parametrize("reason", Reason)
async def test_an_unavailable_publisher_returns_503_with_retry_after(api: Harness, reason: Reason) -> None:
    api.publisher.failure = UnavailableError(reason)
    response, body = await api.post("/orders/async")
    assert_problem(response, body, 503, "try again")
    assert response.headers["Retry-After"] == "5"
    assert sample(api.metrics, "orders_rejected_total", reason=reason) == 1


async def test_an_order_that_sns_refuses_gets_an_answer_that_says_not_to_retry(
    api: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    api.publisher.failure = RejectedError("InvalidParameter")
    response, body = await api.post("/orders/async")
    assert_problem(response, body, 422, "Do not try again")
    assert "Retry-After" not in response.headers
    assert sample(api.metrics, "orders_rejected_total", reason="refused") == 1
    assert caplog.records == []


async def test_a_failed_payment_returns_503_with_retry_after(api: Harness, caplog: pytest.LogCaptureFixture) -> None:
    api.payment.failures = [declined()]
    response, body = await api.post("/orders/sync")
    assert_problem(response, body, 503, "try again")
    assert response.headers["Retry-After"] == "5"
    assert sample(api.metrics, "orders_rejected_total", reason="payment") == 1
    assert caplog.records == []


@pytest.mark.parametrize("limits", [Limits(sync_seconds=0.2)])
async def test_a_sync_order_in_a_long_line_gets_503_from_the_api(api: Harness) -> None:
    api.payment.reachable.clear()
    response, body = await api.post("/orders/sync")
    assert_problem(response, body, 503, "try again")
    assert response.headers["Retry-After"] == "5"
    assert sample(api.metrics, "orders_rejected_total", reason="sync_timeout") == 1
    assert sample(api.metrics, "sync_queue_orders") == 0
    api.payment.reachable.set()
    assert (await api.post("/orders/sync"))[0].status == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/openapi.json", "/docs"])
async def test_get_implies_head(api: Harness, path: str) -> None:
    get, _ = await api.get(path)
    async with api.client.head(path) as head:
        assert head.status == get.status == 200
        assert head.content_type == get.content_type
        assert await head.read() == b""
    if path != "/metrics":
        assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert (await api.get("/health"))[1] == "OK"


async def test_health_is_ok(api: Harness) -> None:
    response, text = await api.get("/health")
    assert (response.status, text) == (200, "OK")


async def test_the_api_is_ready_when_its_publisher_is(api: Harness) -> None:
    assert (await api.get("/ready"))[0].status == 200
    api.publisher.ready = False
    response, _ = await api.get("/ready")
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"


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
