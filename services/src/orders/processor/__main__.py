"""Run the processor: `python -m orders.processor`."""

import asyncio
import logging
import os
import signal

import uvloop

from orders.aws import create_client
from orders.json_logging import configure_logging
from orders.payment import SimulatedPaymentProvider
from orders.process_memory import log_memory
from orders.processor.consumer import Consumer, max_other_calls, max_receive_calls
from orders.processor.handler import Handler
from orders.processor.metrics import Metrics
from orders.processor.queue import MAX_POLL_SECONDS, SqsQueue
from orders.processor.settings import Settings
from orders.processor.status import serve_status
from orders.settings import read_or_exit

_READ_TIMEOUT_SECONDS = 5

_logger = logging.getLogger("orders.processor")


async def process(settings: Settings) -> None:
    """Process orders until SIGTERM or SIGINT, then shut down gracefully."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    workers = settings.num_workers
    async with (
        create_client(
            "sqs",
            region_name=settings.aws_region,
            max_pool_connections=max_receive_calls(workers),
            read_timeout=MAX_POLL_SECONDS + _READ_TIMEOUT_SECONDS,
        ) as receive_client,
        create_client(
            "sqs",
            region_name=settings.aws_region,
            max_pool_connections=max_other_calls(workers),
            read_timeout=_READ_TIMEOUT_SECONDS,
        ) as client,
    ):
        metrics = Metrics()
        queue = SqsQueue(receive_client, client, settings.sqs_queue_url, settings.visibility_timeout_seconds)
        payment = SimulatedPaymentProvider(settings.payment_seconds, max_concurrent_payments=workers)
        consumer = Consumer(queue, Handler(payment, metrics), settings, metrics)
        async with (
            serve_status(settings.port, lambda: consumer.ready, metrics.registry),
            log_memory(_logger, metrics.registry),
        ):
            _logger.info("started", extra={"queue": settings.sqs_queue_url, "workers": workers})
            await consumer.run(stop)


def main() -> None:
    """Read the settings and run the processor."""
    settings = read_or_exit(Settings, os.environ)
    configure_logging(settings.log_level)
    uvloop.run(process(settings))


if __name__ == "__main__":
    main()
