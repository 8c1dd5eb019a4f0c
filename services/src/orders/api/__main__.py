"""Runs the API: `python -m orders.api`."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orders.api.app import create_app
from orders.api.metrics import Metrics
from orders.api.publisher import BatchingPublisher, Publisher
from orders.api.settings import Settings
from orders.api.topic import SnsTopic
from orders.aws import open_client
from orders.payment import SimulatedProvider
from orders.process_memory import log_memory
from orders.settings import read_or_exit
from orders.telemetry import configure_logging

_BACKLOG = 2048
_CALL_SECONDS = 5
_CLOSE_SECONDS = 5

_logger = logging.getLogger("orders.api")


def main() -> None:
    """Serve until SIGTERM or SIGINT, then answer what is in flight and leave."""
    settings = read_or_exit(Settings, os.environ)
    configure_logging(settings.log_level)
    metrics = Metrics()

    @asynccontextmanager
    async def open_publisher() -> AsyncIterator[Publisher]:
        async with (
            open_client(
                "sns",
                region=settings.aws_region,
                max_pool_connections=settings.publish_calls_in_flight,
                read_timeout=_CALL_SECONDS,
            ) as client,
            log_memory(_logger, metrics.registry),
        ):
            publisher = BatchingPublisher(SnsTopic(client, settings.sns_topic_arn), settings, metrics)
            _logger.info("started", extra={"topic": settings.sns_topic_arn})
            try:
                yield publisher
            finally:
                await publisher.close(_CLOSE_SECONDS)
                _logger.info("stopped")

    # The reference's payment provider takes one payment at a time: the baseline that the asynchronous path beats.
    app = create_app(open_publisher, SimulatedProvider(settings.payment_seconds, at_once=1), metrics)
    app.run("0.0.0.0", settings.port, single_process=True, backlog=_BACKLOG)  # noqa: S104  # reached from outside its container


if __name__ == "__main__":
    main()
