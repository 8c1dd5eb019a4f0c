import asyncio
import logging

import pytest

from orders.api.metrics import Metrics
from orders.api.publisher import RETRY_AFTER_SECONDS, BatchingPublisher, Reason, UnavailableError
from orders.api.settings import Settings
from orders.aws import Failure
from orders.batching import RefusedError
from orders.model import encode
from tests.unit.services.api.fakes import MemoryTopic
from tests.unit.services.fakes import make_order
from tests.unit.services.virtual_time import now, virtual_time

SETTINGS = Settings(
    aws_region="us-west-2",
    sns_topic_arn="arn:aws:sns:us-west-2:000000000000:orders",
    publish_queue_limit=3,
    publish_timeout_seconds=10,
)
BUSY = Failure("InternalError", sender_fault=False)
REFUSED = Failure("InvalidParameter", sender_fault=True)


class Bench:
    """A publisher with its topic and metrics."""

    def __init__(self, call_seconds: float = 0) -> None:
        self.topic = MemoryTopic(call_seconds)
        self.metrics = Metrics()
        self.publisher = BatchingPublisher(self.topic, SETTINGS, self.metrics)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@virtual_time
async def test_the_whole_order_is_published() -> None:
    bench, order = Bench(), make_order()
    await bench.publisher.publish(order)
    assert bench.topic.batches == [[encode(order)]]


@virtual_time
async def test_orders_that_arrive_together_share_calls() -> None:
    bench = Bench(call_seconds=1)
    await asyncio.gather(*(bench.publisher.publish(make_order()) for _ in range(3)))
    assert [len(batch) for batch in bench.topic.batches] == [1, 2]
    assert bench.metric("publish_batch_orders_sum") == 3
    assert bench.metric("publish_batch_orders_count") == 2
    assert bench.metric("publish_call_seconds_count") == 2


@virtual_time
async def test_beyond_the_limit_an_order_is_refused_at_once() -> None:
    bench = Bench(call_seconds=1)
    taken = [asyncio.create_task(bench.publisher.publish(make_order())) for _ in range(3)]
    await asyncio.sleep(0)
    assert not bench.publisher.ready
    assert bench.metric("publish_queue_orders") == 3
    assert bench.metric("publish_calls_in_flight") == 1
    with pytest.raises(UnavailableError) as caught:
        await bench.publisher.publish(make_order())
    assert caught.value.reason is Reason.QUEUE_FULL
    assert now() == 0
    await asyncio.gather(*taken)
    assert bench.publisher.ready
    assert bench.metric("publish_queue_orders") == 0


@pytest.mark.parametrize("failure", [BUSY, ConnectionError()])
def test_a_topic_that_stays_away_is_given_up_in_time(failure: Failure | Exception) -> None:
    @virtual_time
    async def publish() -> None:
        bench = Bench()
        bench.topic.failure = failure
        with pytest.raises(UnavailableError) as caught:
            await bench.publisher.publish(make_order())
        assert caught.value.reason is Reason.TOPIC_AWAY
        assert now() == 10
        assert len(bench.topic.batches) > 2
        assert not bench.publisher.ready

    publish()


@virtual_time
async def test_a_topic_that_hangs_is_given_up_in_time() -> None:
    bench = Bench(call_seconds=60)
    with pytest.raises(UnavailableError):
        await bench.publisher.publish(make_order())
    assert now() == 10
    await bench.publisher.close(0)


@virtual_time
async def test_a_topic_that_comes_back_within_the_time_goes_unnoticed() -> None:
    bench = Bench()
    bench.topic.failure = ConnectionError()
    order = asyncio.create_task(bench.publisher.publish(make_order()))
    await asyncio.sleep(5)
    bench.topic.failure = None
    await order
    assert bench.publisher.ready


@virtual_time
async def test_the_publisher_is_ready_again_after_a_success() -> None:
    bench = Bench()
    bench.topic.failure = BUSY
    with pytest.raises(UnavailableError):
        await bench.publisher.publish(make_order())
    bench.topic.failure = None
    await bench.publisher.publish(make_order())
    assert bench.publisher.ready


@virtual_time
async def test_the_publisher_is_ready_again_after_a_while_without_orders() -> None:
    bench = Bench()
    bench.topic.failure = BUSY
    with pytest.raises(UnavailableError):
        await bench.publisher.publish(make_order())
    await asyncio.sleep(RETRY_AFTER_SECONDS - 0.1)
    assert not bench.publisher.ready
    await asyncio.sleep(0.2)
    assert bench.publisher.ready


@virtual_time
async def test_a_refused_order_fails_at_once() -> None:
    bench = Bench()
    bench.topic.failure = REFUSED
    with pytest.raises(RefusedError, match="InvalidParameter"):
        await bench.publisher.publish(make_order())
    assert len(bench.topic.batches) == 1
    assert bench.metric("publish_failures_total", code="InvalidParameter") == 1
    assert bench.publisher.ready


@virtual_time
async def test_closing_publishes_what_was_taken_and_refuses_more() -> None:
    bench = Bench(call_seconds=1)
    taken = [asyncio.create_task(bench.publisher.publish(make_order())) for _ in range(3)]
    await asyncio.sleep(0)
    await bench.publisher.close(5)
    await asyncio.gather(*taken)
    assert not bench.publisher.ready
    with pytest.raises(UnavailableError) as caught:
        await bench.publisher.publish(make_order())
    assert caught.value.reason is Reason.CLOSING


@virtual_time
async def test_a_topic_that_is_away_is_logged_rarely(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.topic.failure = ConnectionError("no route")
    with caplog.at_level(logging.WARNING), pytest.raises(UnavailableError):
        await bench.publisher.publish(make_order())
    assert [record.getMessage() for record in caplog.records] == ["publish call failed"]
