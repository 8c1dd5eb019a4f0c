import asyncio
import logging

import msgspec
import pytest

from orders.api.metrics import Metrics
from orders.api.publisher import RETRY_AFTER_SECONDS, BatchingPublisher, Reason, UnavailableError
from orders.api.settings import Settings
from orders.aws import Failure
from orders.batching import RejectedError
from orders.model import Item, encode
from tests.unit.services.api.fakes import MemoryTopic
from tests.unit.services.fakes import make_order, sample
from tests.unit.services.virtual_time import now, virtual_time

SETTINGS = Settings(
    aws_region="us-west-2",
    sns_topic_arn="arn:aws:sns:us-west-2:000000000000:orders",
    publish_queue_limit=3,
    publish_timeout_seconds=10,
)
INTERNAL_ERROR = Failure("InternalError", sender_fault=False)
INVALID = Failure("InvalidParameter", sender_fault=True)


class Harness:
    """A publisher with its topic and metrics."""

    def __init__(self, call_seconds: float = 0) -> None:
        self.topic = MemoryTopic(call_seconds)
        self.metrics = Metrics()
        self.publisher = BatchingPublisher(self.topic, SETTINGS, self.metrics)

    async def time_out(self, failure: Failure | Exception = INTERNAL_ERROR) -> None:
        """Let the topic fail until the publisher gives up an order."""
        self.topic.failure = failure
        with pytest.raises(UnavailableError) as caught:
            await self.publisher.publish(make_order())
        assert caught.value.reason is Reason.TOPIC_UNAVAILABLE


@virtual_time
async def test_an_order_is_published_as_json() -> None:
    harness, order = Harness(), make_order()
    await harness.publisher.publish(order)
    assert harness.topic.batches == [[encode(order)]]


@virtual_time
async def test_an_order_is_published_in_ascii() -> None:
    harness = Harness()
    await harness.publisher.publish(msgspec.structs.replace(make_order(), items=(Item("\uffff", 2, 19.5),)))
    ((message,),) = harness.topic.batches
    assert b'"\\uffff"' in message
    assert message.isascii()


@virtual_time
async def test_concurrent_orders_are_batched() -> None:
    harness = Harness(call_seconds=1)
    await asyncio.gather(*(harness.publisher.publish(make_order()) for _ in range(3)))
    assert [len(batch) for batch in harness.topic.batches] == [1, 2]
    assert sample(harness.metrics, "publish_batch_orders_sum") == 3
    assert sample(harness.metrics, "publish_batch_orders_count") == 2
    assert sample(harness.metrics, "publish_call_seconds_count") == 2


@virtual_time
async def test_an_order_is_rejected_at_once_when_the_queue_is_full() -> None:
    harness = Harness(call_seconds=1)
    pending = [asyncio.create_task(harness.publisher.publish(make_order())) for _ in range(3)]
    await asyncio.sleep(0)
    assert not harness.publisher.ready
    assert sample(harness.metrics, "publish_queue_orders") == 3
    assert sample(harness.metrics, "publish_calls_in_flight") == 1
    with pytest.raises(UnavailableError) as caught:
        await harness.publisher.publish(make_order())
    assert caught.value.reason is Reason.QUEUE_FULL
    assert now() == 0
    await asyncio.gather(*pending)
    assert harness.publisher.ready
    assert sample(harness.metrics, "publish_queue_orders") == 0


@pytest.mark.parametrize("failure", [INTERNAL_ERROR, ConnectionError()])
def test_a_failing_topic_ends_in_a_timeout(failure: Failure | Exception) -> None:
    @virtual_time
    async def publish() -> None:
        harness = Harness()
        await harness.time_out(failure)
        assert now() == 10
        assert len(harness.topic.batches) > 2
        assert not harness.publisher.ready

    publish()


@virtual_time
async def test_a_hanging_topic_ends_in_a_timeout() -> None:
    harness = Harness(call_seconds=60)
    with pytest.raises(UnavailableError):
        await harness.publisher.publish(make_order())
    assert now() == 10
    await harness.publisher.close(0)


@virtual_time
async def test_an_order_is_published_when_the_topic_recovers_before_the_timeout() -> None:
    harness = Harness()
    harness.topic.failure = ConnectionError()
    order = asyncio.create_task(harness.publisher.publish(make_order()))
    await asyncio.sleep(5)
    harness.topic.failure = None
    await order
    assert harness.publisher.ready


@virtual_time
async def test_the_publisher_is_ready_again_after_a_success() -> None:
    harness = Harness()
    await harness.time_out()
    harness.topic.failure = None
    await harness.publisher.publish(make_order())
    assert harness.publisher.ready


@virtual_time
async def test_the_publisher_is_ready_again_after_retry_after_seconds() -> None:
    harness = Harness()
    await harness.time_out()
    await asyncio.sleep(RETRY_AFTER_SECONDS - 0.1)
    assert not harness.publisher.ready
    await asyncio.sleep(0.2)
    assert harness.publisher.ready


@virtual_time
async def test_a_rejected_order_fails_at_once(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness()
    harness.topic.failure = INVALID
    with pytest.raises(RejectedError, match="InvalidParameter"):
        await harness.publisher.publish(make_order())
    assert len(harness.topic.batches) == 1
    assert [record.getMessage() for record in caplog.records] == ["order refused by SNS"]
    assert sample(harness.metrics, "publish_failures_total", code="InvalidParameter") == 1
    assert harness.publisher.ready


@virtual_time
async def test_close_publishes_pending_orders_and_rejects_new_ones() -> None:
    harness = Harness(call_seconds=1)
    pending = [asyncio.create_task(harness.publisher.publish(make_order())) for _ in range(3)]
    await asyncio.sleep(0)
    await harness.publisher.close(5)
    await asyncio.gather(*pending)
    assert not harness.publisher.ready
    with pytest.raises(UnavailableError) as caught:
        await harness.publisher.publish(make_order())
    assert caught.value.reason is Reason.CLOSING


@virtual_time
async def test_warnings_of_a_failing_topic_are_rate_limited(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness()
    with caplog.at_level(logging.WARNING):
        await harness.time_out(ConnectionError("no route"))
    assert [record.getMessage() for record in caplog.records] == ["publish call failed"]
