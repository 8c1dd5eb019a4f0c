"""Messages in the queue: each ends as a completed order, or is counted and left to the queue's redrive policy."""

import asyncio
import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from orders.model import encode
from orders.processor.consumer import Consumer
from orders.processor.handler import Handler
from orders.processor.metrics import Metrics
from orders.processor.settings import Settings
from tests.fuzz.hostile import TEXTS, damaged, mutated, write
from tests.fuzz.observation import log_lines, time_limit
from tests.unit.services.fakes import InstantPayment, make_order, sample
from tests.unit.services.processor.fakes import MemoryQueue
from tests.unit.services.virtual_time import virtual_time

ORDER = json.loads(encode(make_order()))
SETTINGS = Settings(aws_region="us-west-2", sqs_queue_url="http://q/orders", num_workers=10)
MAX_RECEIVES = 2


@st.composite
def bodies(draw: DrawFn) -> str:
    """Return a message with an order, as it is or in SNS' envelope, which is often almost right."""
    if draw(st.integers(0, 9)) == 0:
        return draw(TEXTS)
    body = write(draw(mutated(ORDER)))
    if draw(st.booleans()):
        body = write(draw(mutated({"Type": "Notification", "Message": body.decode(errors="surrogateescape")})))
    if draw(st.integers(0, 3)) == 0:
        body = draw(damaged(body))
    return body.decode(errors=draw(st.sampled_from(["replace", "surrogateescape"])))


@virtual_time
async def consume(messages: list[str], queue: MemoryQueue, payment: InstantPayment, metrics: Metrics) -> None:
    """Let a processor consume messages until none is in the queue."""
    consumer = Consumer(queue, Handler(payment, metrics), SETTINGS, metrics)
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    queue.put(*messages)
    while queue.remaining:  # noqa: ASYNC110  # polling virtual time takes no time
        await asyncio.sleep(queue.visibility_timeout)
    stop.set()
    await running


@pytest.mark.timeout(0)
@given(st.lists(bodies(), min_size=1, max_size=3))
def test_each_message_is_completed_or_counted(messages: list[str]) -> None:
    queue, payment, metrics = MemoryQueue(max_receives=MAX_RECEIVES), InstantPayment(), Metrics()
    with log_lines() as lines, time_limit():
        consume(messages, queue, payment, metrics)
        gc.collect(0)  # asyncio logs an exception that nobody saw when it deletes the task

    def count(name: str, **labels: str) -> int:
        return int(sample(metrics, name, **labels) or 0)

    left = {reason: count("orders_failed_total", reason=reason) for reason in ("unreadable", "conflict")}
    completed, duplicates = count("orders_completed_total"), count("orders_duplicate_total", state="completed")
    duplicates += count("orders_duplicate_total", state="in_work")
    assert sum(left.values()) == MAX_RECEIVES * len(queue.dead_letters)
    assert completed == len(payment.keys)
    assert completed + duplicates == len(messages) - len(queue.dead_letters)
    written = [line["message"] for line in lines]
    assert written.count("order completed") == completed
    assert written.count("order delivered again") == duplicates
    assert written.count("order unreadable") == left["unreadable"]
    assert written.count("order conflicts") == left["conflict"]
    assert len(written) == completed + duplicates + sum(left.values()) + len(["stopping", "stopped"])
