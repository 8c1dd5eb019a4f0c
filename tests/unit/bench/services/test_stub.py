"""Tests of the stub of SNS and SQS: the services' own clients read its answers."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from orders.api.topic import SnsTopic
from orders.aws import create_client
from orders.model import decode_order
from orders.processor.queue import SqsQueue
from tests.bench.services.stub import Stub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def clients(monkeypatch: pytest.MonkeyPatch, delay: float = 0.0) -> AsyncIterator[tuple[SnsTopic, SqsQueue]]:
    """Serve the stub, and return what the services use to call it."""
    server = await asyncio.get_running_loop().create_server(lambda: Stub(delay), "127.0.0.1", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    options = {"region_name": "us-west-2", "max_pool_connections": 10, "read_timeout": 5.0}
    async with server, create_client("sns", **options) as sns, create_client("sqs", **options) as sqs:  # type: ignore[arg-type]  # as named
        yield (
            SnsTopic(sns, "arn:aws:sns:us-west-2:000000000000:orders"),
            SqsQueue(sqs, sqs, "http://127.0.0.1/000000000000/orders", 30),
        )


@pytest.mark.parametrize("messages", [1, 10])
async def test_all_messages_of_a_batch_are_published(messages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with clients(monkeypatch) as (topic, _):
        assert await topic.publish([b"{}"] * messages) == [None] * messages


async def test_orders_are_received_that_nobody_has_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    async with clients(monkeypatch) as (_, queue):
        messages = [*await queue.receive(10), *await queue.receive(3)]

    assert len(messages) == 13
    assert len({decode_order(message.body).order_id for message in messages}) == 13


async def test_all_messages_of_a_batch_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with clients(monkeypatch) as (_, queue):
        received = await queue.receive(7)

        assert await queue.delete([message.receipt_handle for message in received]) == [None] * 7


async def test_a_response_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with clients(monkeypatch, delay=0.05) as (topic, _):
        began = time.monotonic()
        await topic.publish([b"{}"])

    assert time.monotonic() - began >= 0.05
