import asyncio
import socket
import time
from contextlib import suppress

import aiohttp
import pytest
from prometheus_client import CONTENT_TYPE_LATEST

from orders.processor.metrics import Metrics
from orders.processor.status import serve_status
from tests.ports import free_port


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
        async with client.head("/health") as response:
            assert (response.status, await response.read()) == (200, b"")
        async with client.get("/metrics") as response:
            assert response.headers["Content-Type"] == CONTENT_TYPE_LATEST
            assert "orders_completed_total 0.0" in await response.text()


async def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener, pytest.raises(OSError, match="in use"):  # noqa: S104  # serve_status listens there
        async with serve_status(listener.getsockname()[1], lambda: True, Metrics().registry):
            pass


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.processor.status._SWEEP_SECONDS", 0.05)
    monkeypatch.setattr("orders.processor.status._MAX_CONNECTION_SECONDS", 0.3)
    monkeypatch.setattr("orders.processor.status._MAX_CONNECTIONS", 5)


@pytest.mark.usefixtures("impatient")
async def test_a_slow_sender_is_cut_off() -> None:
    port = free_port()
    async with serve_status(port, lambda: True, Metrics().registry):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        closed = asyncio.create_task(reader.read())
        began = time.monotonic()
        writer.write(b"GET /heal")
        while not closed.done() and time.monotonic() - began < 10:
            await asyncio.wait([closed], timeout=0.05)
            writer.write(b"x")
        assert closed.done()
        await asyncio.gather(closed, return_exceptions=True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@pytest.mark.usefixtures("impatient")
async def test_the_oldest_of_too_many_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.processor.status._MAX_CONNECTION_SECONDS", 60)
    port = free_port()
    async with serve_status(port, lambda: True, Metrics().registry):
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        closing = [asyncio.create_task(reader.read()) for reader, _ in connections]
        async with asyncio.timeout(10):
            await asyncio.gather(*closing[:15])
        assert not any(task.done() for task in closing[15:])
        for _, writer in connections:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        await asyncio.gather(*closing)


async def test_metrics_are_generated_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, port = Metrics(), free_port()
    async with (
        serve_status(port, lambda: True, metrics.registry),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        texts = []
        for seconds in (1, 0, 60):
            monkeypatch.setattr("orders.processor.status._METRICS_SECONDS", seconds)
            metrics.completed.inc()
            async with client.get("/metrics") as response:
                texts.append(await response.text())
            if seconds == 0:
                await asyncio.sleep(1)
    assert texts[0] == texts[1] != texts[2]
