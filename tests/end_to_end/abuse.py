"""Clients that mean harm, a probe that measures the health of what they attack, and a stand-in for SNS that can hang.

The probe runs as a process of its own (`python -m tests.end_to_end.abuse HOST PORT`), so that it does not measure how
busy the attackers are.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

PROBE_SECONDS = 0.1
ORDER: dict[str, Any] = {"customer_id": 7, "items": [{"product_id": "lamp", "quantity": 2, "price": 19.5}]}


def large_order() -> bytes:
    """Return an order of 64 KiB that takes as much memory as one of that size can: text beyond Latin-1."""
    items = [{"product_id": "\U0001f4a1" * 128, "quantity": 1, "price": 0.01 * number} for number in range(100)]
    return json.dumps(ORDER | {"items": items}, ensure_ascii=False).encode().ljust(64 * 1024)


@dataclass
class StubSns:
    """Keeps the messages of each publish call and confirms them, while `open` is set."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    published: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Respond to PublishBatch."""
        parameters = parse_qs(await request.text())
        self.calls += 1
        await self.open.wait()
        members, number = [], 1
        while identifier := parameters.get(f"PublishBatchRequestEntries.member.{number}.Id"):
            self.published.append(json.loads(parameters[f"PublishBatchRequestEntries.member.{number}.Message"][0]))
            members.append(f"<member><Id>{identifier[0]}</Id><MessageId>m</MessageId></member>")
            number += 1
        return web.Response(
            text='<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
            f"<Successful>{''.join(members)}</Successful></PublishBatchResult></PublishBatchResponse>",
            content_type="text/xml",
        )


@asynccontextmanager
async def serve_sns(host: str) -> AsyncIterator[tuple[StubSns, int]]:
    """Serve the stand-in on a free port of `host`; yield it and the port."""
    stub = StubSns()
    stub.open.set()
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/{tail:.*}", stub.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    try:
        yield stub, runner.addresses[0][1]
    finally:
        stub.open.set()
        await runner.cleanup()


class Target:
    """A service that is attacked."""

    def __init__(self, host: str, port: int) -> None:
        """Name the address."""
        self.host = host
        self.port = port

    async def request(self, head: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Send one request on a connection of its own. Return the status (0: none came), the headers and the body."""
        writer = None
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
            writer.write(head.encode() + b"\r\n" + body)
            raw, _, content = (await reader.read()).partition(b"\r\n\r\n")
            status, *lines = raw.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            return int(status.split(" ")[1]), headers, content
        except (OSError, IndexError):
            return 0, {}, b""
        finally:
            if writer:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def order(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Post an order."""
        return await self.request(
            f"POST {path} HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n",
            body,
        )

    async def slashes(self) -> int:
        """Ask for a path of 1,001 slashes. Return the status."""
        return (await self.request(f"GET {'/' * 1001} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n"))[0]

    async def trickle(self, start: bytes, seconds: float) -> float:
        """Send `start` and then a byte per second, until the server closes. Return after how long, or `seconds`."""
        began = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return 0.0
        closed = asyncio.create_task(reader.read())
        try:
            writer.write(start)
            while not closed.done() and time.monotonic() - began < seconds:
                await asyncio.wait([closed], timeout=1)
                writer.write(b"x")
            return time.monotonic() - began
        except OSError:
            return time.monotonic() - began
        finally:
            closed.cancel()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            await asyncio.gather(closed, return_exceptions=True)


async def all_at_once[T](count: int, attack: Callable[[int], Awaitable[T]]) -> list[T]:
    """Run `count` attackers at the same time. Return their results."""
    return await asyncio.gather(*(attack(number) for number in range(count)))


def statuses(responses: list[tuple[int, dict[str, str], bytes]]) -> Counter[int]:
    """Count the responses by status."""
    return Counter(status for status, _, _ in responses)


@dataclass
class Probe:
    """How the service answered `GET /health` during an attack."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def slowest(self) -> float:
        """The longest time to a response, in seconds."""
        return max(self.seconds)

    def __str__(self) -> str:
        """Sum it up."""
        ordered = sorted(self.seconds)
        return (
            f"{len(ordered)} health checks, {self.failures} failed, median {ordered[len(ordered) // 2]:.3f} s, "
            f"slowest {self.slowest:.3f} s"
        )


@asynccontextmanager
async def probing(target: Target) -> AsyncIterator[Probe]:
    """Check the health ten times a second, from another process; fill in what it measured at the end."""
    probe = Probe()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.end_to_end.abuse", target.host, str(target.port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await asyncio.sleep(0.5)
        yield probe
    finally:
        out, _ = await process.communicate(b"stop\n")
        measured = json.loads(out)
        probe.seconds, probe.failures = measured["seconds"], measured["failures"]


def _check_health(host: str, port: int) -> tuple[float, bool]:
    began = time.monotonic()
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/health")
        healthy = connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        healthy = False
    finally:
        connection.close()
    return time.monotonic() - began, healthy


async def _probe(host: str, port: int) -> None:
    stop = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    measured = []
    while not stop.done():
        measured.append(await asyncio.to_thread(_check_health, host, port))
        await asyncio.wait([stop], timeout=PROBE_SECONDS)
    result = {"seconds": [seconds for seconds, _ in measured], "failures": [ok for _, ok in measured].count(False)}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(_probe(sys.argv[1], int(sys.argv[2])))
