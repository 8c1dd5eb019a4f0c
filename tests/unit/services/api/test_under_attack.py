"""The API as a process that strangers attack, seen by an HTTP client."""

import asyncio
import json
import signal

import aiohttp
import psutil

from tests.unit.services.fakes import VALID_ORDER
from tests.unit.services.processes import service
from tests.unit.services.stub_aws import StubAws, sns_response

ARN = "arn:aws:sns:us-west-2:000000000000:orders"
HEALTH_CHECK_SECONDS = 5
"""What ECS and the load balancer wait for the answer to a health check."""
LARGE_ORDER = json.dumps(VALID_ORDER).encode().ljust(64 * 1024)


async def status_of(client: aiohttp.ClientSession, url: str, body: bytes) -> tuple[int, str | None]:
    async with client.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
        return response.status, response.headers.get("Retry-After")


async def memory_of(client: aiohttp.ClientSession, url: str) -> float:
    """Return the resident memory in MiB."""
    async with client.get(f"{url}/metrics") as response:
        text = await response.text()
    (line,) = [line for line in text.splitlines() if line.startswith("process_resident_memory_bytes ")]
    return float(line.split()[1]) / 1024 / 1024


async def test_slashes_cost_neither_time_nor_log(stub_aws: StubAws) -> None:
    variables = stub_aws.environment | {"SNS_TOPIC_ARN": ARN}
    async with aiohttp.ClientSession() as client, service("api", variables) as (process, url):
        used = psutil.Process(process.pid).cpu_times().user
        for _ in range(20):
            async with client.get(f"{url}{'/' * 1001}") as response:
                assert response.status == 414
        assert psutil.Process(process.pid).cpu_times().user - used < 1
        process.send_signal(signal.SIGTERM)
        assert process.stdout
        log = await process.stdout.read()
    assert len(log) < 4096


async def test_a_bounded_line_for_sync_orders(stub_aws: StubAws) -> None:
    variables = stub_aws.environment | {"SNS_TOPIC_ARN": ARN, "SYNC_QUEUE_LIMIT": "3", "PAYMENT_SECONDS": "1"}
    body = json.dumps(VALID_ORDER).encode()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client, service("api", variables) as (process, url):
        orders = [asyncio.create_task(status_of(client, f"{url}/orders/sync", body)) for _ in range(200)]
        responses = [await order for order in orders]
        assert sorted(set(responses), key=str) == [(200, None), (503, "5")]
        assert responses.count((200, None)) == 3
        process.send_signal(signal.SIGTERM)


async def test_large_orders_while_sns_hangs(stub_aws: StubAws) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    stub_aws.open.clear()
    variables = stub_aws.environment | {
        "SNS_TOPIC_ARN": ARN,
        "REQUEST_BYTES_LIMIT": str(8 * 1024 * 1024),
        "PUBLISH_TIMEOUT_SECONDS": "10",  # so that the orders still wait when the health check ends
    }
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client, service("api", variables) as (process, url):
        before = await memory_of(client, url)
        orders = [asyncio.create_task(status_of(client, f"{url}/orders/async", LARGE_ORDER)) for _ in range(1000)]
        await asyncio.wait(orders, timeout=2)
        async with asyncio.timeout(HEALTH_CHECK_SECONDS), client.get(f"{url}/health") as health:
            assert health.status == 200
        memory = await memory_of(client, url) - before
        assert {await order for order in orders} == {(503, "5")}
        stub_aws.open.set()
        assert await status_of(client, f"{url}/orders/async", LARGE_ORDER) == (202, None)
        process.send_signal(signal.SIGTERM)
    assert memory < 60
