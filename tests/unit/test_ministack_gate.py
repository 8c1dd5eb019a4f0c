from __future__ import annotations

import base64
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-west-2/ecs/aws4_request, ..."}
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"AWS:secret").decode()}


@pytest.fixture(autouse=True)
def _ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_PASSWORD", "secret")
    services = ModuleType("ministack.services")
    services.alb = SimpleNamespace(_find_lb_by_name={"orders": {}}.get)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ministack.services", services)
    monkeypatch.setitem(sys.modules, "ministack", ModuleType("ministack"))


async def ask(
    gate: ModuleType, path: str, headers: dict[str, str] | None = None, query: bytes = b"", kind: str = "http"
) -> tuple[int | None, list[dict[str, Any]]]:
    """Return the status of the refusal, None where there is none, and all that was sent."""
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    given = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": kind, "path": path, "query_string": query, "headers": given}
    refused = await gate.refuse(scope, send)
    assert refused == bool(sent)
    return (sent[0].get("status") if sent else None), sent


@pytest.mark.parametrize(
    ("path", "headers", "query"),
    [
        pytest.param("/_alb/orders/orders/async", {}, b"", id="load balancer"),
        pytest.param("/_alb/orders/health", {"Origin": "http://shop.example"}, b"", id="load balancer, from a page"),
        pytest.param("/_ministack/health", {}, b"", id="health"),
        pytest.param(f"/v4/{'t' * 43}/task", {}, b"", id="metadata of a task"),
        pytest.param("/", SIGNED, b"", id="signed call"),
        pytest.param("/000000000000/orders-queue", SIGNED, b"", id="signed call to a queue's address"),
        pytest.param(
            "/orders-results-000000000000-us-west-2/run.tar.gz", {}, b"X-Amz-Credential=key", id="presigned upload"
        ),
        pytest.param("/v2/", LOGIN, b"", id="registry's ping"),
        pytest.param("/v2/orders-api/manifests/1", LOGIN, b"", id="registry"),
    ],
)
async def test_what_a_deployment_needs_is_served(
    source: ModuleType, path: str, headers: dict[str, str], query: bytes
) -> None:
    assert await ask(source, path, headers, query) == (None, [])


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/", {}, id="unsigned call"),
        pytest.param("/", {"Authorization": "Bearer x"}, id="other authorization"),
        pytest.param("/", SIGNED | {"Origin": "http://evil.example"}, id="signed, from a page"),
        pytest.param("/_ministack/health", {"Origin": "null"}, id="health, from a page"),
        pytest.param("/_ministack/reset", {}, id="reset"),
        pytest.param("/_ministack/reset", SIGNED, id="reset, with a signature that nobody checks"),
        pytest.param("/_ministack/config", SIGNED, id="settings"),
        pytest.param("/_localstack/health", {}, id="other admin path"),
        pytest.param("/_alb/other/_ministack/reset", {}, id="load balancer that does not exist"),
        pytest.param("/latest/meta-data/iam/security-credentials/", SIGNED, id="instance metadata"),
        pytest.param("/v2/credentials/1", SIGNED, id="credentials of a task"),
        pytest.param("/v4/short", {}, id="no token of a task"),
        pytest.param("/2015-03-31/functions", SIGNED, id="other service"),
    ],
)
async def test_everything_else_is_refused(source: ModuleType, path: str, headers: dict[str, str]) -> None:
    assert (await ask(source, path, headers))[0] == 403


@pytest.mark.parametrize(
    "path", ["/v2/", "/v2/_catalog", "/v2/orders-api/blobs/uploads/", "/v2/orders-api/manifests/1"]
)
@pytest.mark.parametrize("headers", [{}, SIGNED, {"Authorization": "Basic QVdTOm1pbmlzdGFjay1hdXRoLXRva2Vu"}])
async def test_the_registry_asks_for_its_password(source: ModuleType, path: str, headers: dict[str, str]) -> None:
    status, sent = await ask(source, path, headers)
    assert status == 401
    assert (b"www-authenticate", b'Basic realm="ECR"') in sent[0]["headers"]


async def test_a_refusal_says_why(source: ModuleType) -> None:
    _, sent = await ask(source, "/", {"Origin": "http://evil.example"})
    assert "http://evil.example" in json.loads(sent[1]["body"])["message"]


async def test_a_web_socket_is_closed(source: ModuleType) -> None:
    _, sent = await ask(source, "/", kind="websocket")
    assert sent == [{"type": "websocket.close", "code": 1008}]
