"""A running API for tests: on a free port, with Sanic's own server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

from orders.api.metrics import Metrics
from tests.unit.services.api.fakes import MemoryPublisher
from tests.unit.services.fakes import VALID_ORDER, InstantPayment


class Harness:
    """The test doubles of an API, and a client."""

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

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection, to send what no HTTP client sends."""
        url = self.client._base_url  # noqa: SLF001  # the fixture sets it
        assert url
        return await asyncio.open_connection(url.host, url.port)

    async def send(self, *parts: bytes) -> bytes:
        """Send bytes on a connection of their own. Return all that comes until the server closes it."""
        reader, writer = await self.connect()
        try:
            for part in parts:
                writer.write(part)
            return await reader.read()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def get(self, path: str) -> tuple[aiohttp.ClientResponse, str]:
        async with self.client.get(path) as response:
            return response, await response.text()


def assert_problem(response: aiohttp.ClientResponse, body: dict[str, Any], status: int, detail: str) -> None:
    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert body.keys() == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert detail in body["detail"]
