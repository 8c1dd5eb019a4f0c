import asyncio
import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge

from orders.process_memory import log_memory
from tests.unit.services.virtual_time import virtual_time

LOGGER = logging.getLogger("orders.example")


def logged(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [vars(record)["memory_mib"] for record in caplog.records if record.getMessage() == "memory"]


@virtual_time
async def test_the_memory_is_logged_on_entry_and_every_ten_seconds_until_exit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    registry = CollectorRegistry()
    memory = Gauge("process_resident_memory_bytes", "The metric of the process collector.", registry=registry)
    memory.set(50 * 2**20)
    async with log_memory(LOGGER, registry):
        await asyncio.sleep(9)
        memory.set(61.254 * 2**20)
        await asyncio.sleep(12)
    await asyncio.sleep(60)
    assert logged(caplog) == [50, 61.25, 61.25]


@virtual_time
async def test_nothing_is_logged_without_a_process_collector(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with log_memory(LOGGER, CollectorRegistry()):
        await asyncio.sleep(30)
    assert caplog.records == []
