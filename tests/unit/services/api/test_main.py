"""The API as a process: start, settings and shutdown."""

import asyncio
import json
import signal

import aiohttp

from tests.unit.services.fakes import VALID_ORDER
from tests.unit.services.processes import service, start
from tests.unit.services.stub_aws import StubAws, sns_response

ARN = "arn:aws:sns:us-west-2:000000000000:orders"


async def test_a_request_in_flight_is_finished_after_sigterm(stub_aws: StubAws) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    stub_aws.open.clear()
    async with (
        aiohttp.ClientSession() as client,
        service("api", stub_aws.environment | {"SNS_TOPIC_ARN": ARN}) as (process, url),
    ):
        async with client.get(f"{url}/ready") as ready:
            assert ready.status == 200
        order = asyncio.create_task(client.post(f"{url}/orders/async", json=VALID_ORDER))
        await stub_aws.requested.wait()
        process.send_signal(signal.SIGTERM)
        await _wait_until_connections_are_refused(url)
        stub_aws.open.set()
        async with await order as response:
            assert response.status == 202
            assert response.headers["Connection"] == "close"
        assert process.stdout
        lines = [json.loads(line) async for line in process.stdout]
    assert process.returncode == 0
    assert [line["memory_mib"] > 1 for line in lines if line["message"] == "memory"] == [True]


async def _wait_until_connections_are_refused(url: str) -> None:
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(f"{url}/health", headers={"Connection": "close"}) as response:
                    await response.read()
            except aiohttp.ClientConnectionError:
                return


async def test_invalid_settings_exit_with_one_line() -> None:
    process = await start("api", {"AWS_REGION": "us-west-2", "SNS_TOPIC_ARN": "orders", "PORT": "0"})
    out, err = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert err.decode() == (
        "invalid settings: SNS_TOPIC_ARN is 'orders', must be a topic's ARN, like "
        "arn:aws:sns:us-west-2:123456789012:orders; PORT is '0', must be a whole number from 1 to 65535\n"
    )
