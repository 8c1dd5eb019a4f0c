import asyncio
import logging

import pytest

from tests.unit.services.api.harness import Harness, assert_problem
from tests.unit.services.fakes import sample


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_other_media_types_than_json_are_rejected(api: Harness, media_type: str) -> None:
    response, body = await api.post("/orders/async", headers={"Content-Type": media_type})
    assert_problem(response, body, 415, "application/json")
    assert sample(api.metrics, "orders_rejected_total", reason="media_type") == 1


@pytest.mark.parametrize("key", ["", "two words", "k" * 256])
async def test_an_invalid_key_is_rejected(api: Harness, key: str) -> None:
    response, body = await api.post("/orders/async", headers={"Idempotency-Key": key})
    assert_problem(response, body, 400, "Idempotency-Key")
    assert sample(api.metrics, "orders_rejected_total", reason="idempotency_key") == 1


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


async def test_a_malformed_request_returns_a_problem(api: Harness) -> None:
    host, port = api.client._base_url.host, api.client._base_url.port  # type: ignore[union-attr]  # noqa: SLF001  # the fixture sets it
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"no request\r\n\r\n")
    response = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in response
