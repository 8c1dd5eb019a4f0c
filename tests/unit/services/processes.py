"""Run a service as its container does: as a process with environment variables, a port and signals."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from tests.ports import free_port


@asynccontextmanager
async def service(name: str, variables: Mapping[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start a service and wait until it is healthy; yield the process and its URL.

    On exit, wait until the process ends by itself.
    """
    port = free_port()
    process = await start(name, {**variables, "PORT": str(port)})
    try:
        await _wait_until_healthy(process, f"http://127.0.0.1:{port}/health")
        yield process, f"http://127.0.0.1:{port}"
        async with asyncio.timeout(20):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def start(name: str, variables: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start `python -m orders.<name>` with these environment variables only."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"orders.{name}",
        env={"PYTHONPATH": "services/src", "PATH": os.environ["PATH"], **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _wait_until_healthy(process: asyncio.subprocess.Process, url: str) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as client:
        while process.returncode is None:
            try:
                async with client.get(url) as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
        raise AssertionError((await process.communicate())[1].decode())
