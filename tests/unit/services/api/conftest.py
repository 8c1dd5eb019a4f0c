"""The fixture of a running API."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from sanic import Sanic

from orders.api.app import create_app
from orders.api.connections import Connection, listen
from orders.api.settings import Limits
from tests.unit.services.api.harness import Harness


@pytest.fixture
def limits() -> Limits:
    """Return the limits of the API. A test can parametrize it."""
    return Limits()


@pytest_asyncio.fixture
async def api(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> AsyncIterator[Harness]:
    monkeypatch.setattr(Sanic, "test_mode", True)  # allows several applications in one process
    harness = Harness()
    app = create_app(harness.open_publisher, harness.payment, harness.metrics, limits)
    listener = listen("127.0.0.1", 0)
    # Sanic publishes no type for it.
    server: Any = await app.create_server(sock=listener, protocol=Connection, return_asyncio_server=True)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    async with aiohttp.ClientSession("http://{}:{}".format(*listener.getsockname())) as harness.client:
        yield harness
    await server.before_stop()
    await server.close()
    await server.after_stop()
    assert not harness.publisher.open
