import socket

import aiohttp
import pytest
from prometheus_client import CONTENT_TYPE_LATEST

from orders.processor.metrics import Metrics
from orders.processor.status import serve_status


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
async def test_health_readiness_and_metrics_are_served(ready: bool, status: int) -> None:
    port = free_port()
    async with (
        serve_status(port, lambda: ready, Metrics().registry),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        async with client.get("/health") as response:
            assert (response.status, await response.text()) == (200, "OK")
        async with client.get("/ready") as response:
            assert response.status == status
        async with client.get("/metrics") as response:
            assert response.headers["Content-Type"] == CONTENT_TYPE_LATEST
            assert "orders_completed_total 0.0" in await response.text()


async def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener, pytest.raises(OSError, match="in use"):  # noqa: S104  # serve_status listens there
        async with serve_status(listener.getsockname()[1], lambda: True, Metrics().registry):
            pass
