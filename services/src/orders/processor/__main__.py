"""Runs the processor: `python -m orders.processor`."""

import asyncio
import logging
import os
import signal

import uvloop

from orders.aws import open_client
from orders.payment import SimulatedProvider
from orders.process_memory import log_memory
from orders.processor.handler import Handler
from orders.processor.metrics import Metrics
from orders.processor.processor import Processor, connections_for, pollers_for
from orders.processor.settings import Settings
from orders.processor.sqs import LONGEST_POLL_SECONDS, SqsQueue
from orders.processor.status import serve_status
from orders.settings import read_or_exit
from orders.telemetry import configure_logging

_CALL_SECONDS = 5

_logger = logging.getLogger("orders.processor")


async def process(settings: Settings) -> None:
    """Process orders until SIGTERM or SIGINT, then stop in good order."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    workers = settings.num_workers
    async with (
        open_client(
            "sqs",
            region=settings.aws_region,
            max_pool_connections=pollers_for(workers),
            read_timeout=LONGEST_POLL_SECONDS + _CALL_SECONDS,
        ) as receiver,
        open_client(
            "sqs", region=settings.aws_region, max_pool_connections=connections_for(workers), read_timeout=_CALL_SECONDS
        ) as client,
    ):
        metrics = Metrics()
        queue = SqsQueue(receiver, client, settings.sqs_queue_url, settings.visibility_timeout_seconds)
        handler = Handler(SimulatedProvider(settings.payment_seconds, at_once=workers), metrics)
        processor = Processor(queue, handler, settings, metrics)
        async with (
            serve_status(settings.port, lambda: processor.ready, metrics.registry),
            log_memory(_logger, metrics.registry),
        ):
            _logger.info("started", extra={"queue": settings.sqs_queue_url, "workers": workers})
            await processor.run(stop)


def main() -> None:
    """Read the settings and process."""
    settings = read_or_exit(Settings, os.environ)
    configure_logging(settings.log_level)
    uvloop.run(process(settings))


if __name__ == "__main__":
    main()
