"""Serve the processor's health, readiness and metrics over HTTP.

Its callers are few and quick. So a connection lives for seconds, and the oldest give way when there are too many:
whoever else reaches the port must not take the processor's memory.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

_MAX_CONNECTIONS = 64
_MAX_CONNECTION_SECONDS = 30
_SWEEP_SECONDS = 1
_METRICS_SECONDS = 1


@asynccontextmanager
async def serve_status(port: int, ready: Callable[[], bool], registry: CollectorRegistry) -> AsyncIterator[None]:
    """Serve GET /health, /ready (503 unless `ready()`) and /metrics on `port` of all interfaces.

    The metrics are generated once a second at most. Raises `OSError` if the port is in use.
    """
    text, until = b"", 0.0

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def readiness(_: web.Request) -> web.Response:
        return web.Response(text="OK") if ready() else web.Response(text="not ready", status=503)

    async def metrics(_: web.Request) -> web.Response:
        nonlocal text, until
        if monotonic() >= until:
            text, until = generate_latest(registry), monotonic() + _METRICS_SECONDS
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/health", health), web.get("/ready", readiness), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    limiting = asyncio.create_task(_limit_connections(runner))
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        limiting.cancel()
        await asyncio.gather(limiting, return_exceptions=True)
        await runner.cleanup()


async def _limit_connections(runner: web.AppRunner) -> None:
    """Close connections that are old or too many, until cancelled."""
    opened: dict[object, float] = {}
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        connections = runner.server.connections if runner.server else []
        now = monotonic()
        opened = {connection: opened.get(connection, now) for connection in connections}
        surplus = len(connections) - _MAX_CONNECTIONS
        for number, connection in enumerate(connections):
            if number < surplus or now - opened[connection] > _MAX_CONNECTION_SECONDS:
                connection.force_close()
