"""The API in a container with the limits of its task, attacked: it stays healthy, within its memory, and loses nothing.

It has deadlines of a second, so it runs alone: `make attack-api`.
"""

from __future__ import annotations

import asyncio
import json
import resource
import secrets
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.end_to_end.abuse import (
    ORDER,
    Probe,
    StubSns,
    Target,
    all_at_once,
    large_order,
    probing,
    serve_sns,
    statuses,
)
from tests.end_to_end.images import docker, service_image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MEMORY_MIB = 512
CPUS = "0.25"
ARN = "arn:aws:sns:us-west-2:000000000000:orders"
SECONDS_OF_SLASHES = 60
LARGE_ORDERS = 3_000
SECONDS_WITHOUT_SNS = 8
SYNC_CONNECTIONS = 7_000
TRICKLING_CLIENTS = 1_000

pytestmark = pytest.mark.timeout(300)


def report(text: str) -> None:
    """Show a figure of the test with `pytest -s`."""
    sys.stdout.write(f"\n{text}\n")


class Api(Target):
    """The API's container, with its stand-in for SNS."""

    def __init__(self, container: str, sns: StubSns) -> None:
        """Look up the container's address."""
        address = docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)
        super().__init__(address, 8080)
        self.container = container
        self.sns = sns
        self.accepted: list[str] = []
        self.most_memory = 0.0

    async def ready(self) -> None:
        async with asyncio.timeout(60):
            while (await self.request("GET /ready HTTP/1.1\r\nHost: api\r\nConnection: close\r\n"))[0] != 200:  # noqa: ASYNC110  # a container sets no event
                await asyncio.sleep(0.2)

    async def watch_memory(self) -> None:
        """Keep the highest memory of the container, without its page cache."""
        while True:
            used = await asyncio.to_thread(docker, "stats", "--no-stream", "--format", "{{.MemUsage}}", self.container)
            number, unit = used.split("/")[0].strip()[:-3], used.split("/")[0].strip()[-3:]
            self.most_memory = max(self.most_memory, float(number) * {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}[unit])
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def attacked(self, name: str) -> AsyncIterator[None]:
        """Attack in the body. At the end, check that the API was healthy, and lost nothing that it accepted."""
        began, watching = time.monotonic(), asyncio.create_task(self.watch_memory())
        honest = asyncio.create_task(self.order_honestly())
        async with probing(self) as probe:
            yield
        watching.cancel()
        honest.cancel()
        seconds, orders = time.monotonic() - began, len(self.accepted)
        report(f"{name}: {seconds:.0f} s, {probe}, at most {self.most_memory:.0f} MiB, {orders} orders accepted")
        self.check(probe)
        await self.still_takes_orders()

    def check(self, probe: Probe) -> None:
        assert probe.failures == 0
        assert probe.slowest < 1
        assert self.most_memory < MEMORY_MIB
        state = json.loads(docker("inspect", "--format", "{{json .State}}", self.container))
        assert state["Running"]
        assert not state["OOMKilled"]

    async def still_takes_orders(self) -> None:
        async with asyncio.timeout(30):
            while True:
                status, _, body = await self.order("/orders/async", json.dumps(ORDER).encode())
                if status == 202:
                    break
                await asyncio.sleep(0.5)
        self.keep_accepted(body)
        published = {order["order_id"] for order in self.sns.published}
        assert set(self.accepted) <= published

    async def order_honestly(self) -> None:
        """Post an order each second, as a client among the attackers. Keep those that are accepted."""
        while True:
            status, _, body = await self.order("/orders/async", json.dumps(ORDER).encode())
            if status == 202:
                self.keep_accepted(body)
            await asyncio.sleep(1)

    def keep_accepted(self, body: bytes) -> None:
        self.accepted.append(json.loads(body)["order_id"])


@pytest.fixture(scope="module")
def api_image() -> Iterator[str]:
    """Build the API's image."""
    with service_image("api") as image:
        yield image


@pytest.fixture
def network() -> Iterator[str]:
    """Create a Docker network of the test's own."""
    name = f"orders-attack-{secrets.token_hex(3)}"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name)


@pytest_asyncio.fixture
async def api(api_image: str, network: str) -> AsyncIterator[Api]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    gateway = docker("network", "inspect", network, "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}")
    async with serve_sns(gateway) as (sns, port):
        container = docker(
            *("run", "--detach", "--cpus", CPUS, "--memory", f"{MEMORY_MIB}m", "--memory-swap", f"{MEMORY_MIB}m"),
            *("--read-only", "--cap-drop", "ALL", "--user", "10001:10001", "--network", network),
            *("--env", f"AWS_ENDPOINT_URL=http://{gateway}:{port}", "--env", f"SNS_TOPIC_ARN={ARN}"),
            *(
                "--env",
                "AWS_REGION=us-west-2",
                "--env",
                "AWS_ACCESS_KEY_ID=test",
                "--env",
                "AWS_SECRET_ACCESS_KEY=test",
            ),
            api_image,
        )
        try:
            api = Api(container, sns)
            await api.ready()
            yield api
        finally:
            docker("rm", "--force", container)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_slashes(api: Api) -> None:
    async with api.attacked("slashes"):
        for _ in range(2 * SECONDS_OF_SLASHES):
            assert await api.slashes() == 414
            await asyncio.sleep(0.5)
    assert len(docker("logs", api.container)) < 100_000


async def test_large_orders_while_sns_hangs(api: Api) -> None:
    body = large_order()
    api.sns.open.clear()
    async with api.attacked("large orders"):
        attack = asyncio.create_task(all_at_once(LARGE_ORDERS, lambda _: api.order("/orders/async", body)))
        await asyncio.wait([attack], timeout=SECONDS_WITHOUT_SNS)
        api.sns.open.set()
        responses = await attack
    report(str(dict(statuses(responses))))
    assert statuses(responses).keys() <= {202, 503}
    assert all("retry-after" in headers for status, headers, _ in responses if status == 503)
    for status, _, content in responses:
        if status == 202:
            api.keep_accepted(content)
    await api.still_takes_orders()


async def test_sync_connections(api: Api) -> None:
    body = json.dumps(ORDER).encode()
    async with api.attacked("sync connections"):
        attack = asyncio.create_task(all_at_once(SYNC_CONNECTIONS, lambda _: api.order("/orders/sync", body)))
        await asyncio.wait([attack], timeout=30)
        attack.cancel()
        await asyncio.gather(attack, return_exceptions=True)


async def test_trickling_clients(api: Api) -> None:
    heads = [
        b"GET /heal",
        b"POST /orders/async HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
    ]
    async with api.attacked("trickling clients"):
        lives = await all_at_once(TRICKLING_CLIENTS, lambda number: api.trickle(heads[number % 2], 40))
    report(f"cut off after {min(lives):.1f} to {max(lives):.1f} s")
    assert max(lives) < 30
