"""Run the API: `python -m orders.api`."""

import logging
import os
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from orders.api.app import create_app
from orders.api.connections import BACKLOG, Connection, listen
from orders.api.metrics import Metrics
from orders.api.publisher import BatchingPublisher, Publisher
from orders.api.settings import Settings
from orders.api.topic import SnsTopic
from orders.aws import create_client
from orders.json_logging import configure_logging
from orders.payment import SimulatedPaymentProvider
from orders.process_memory import log_memory
from orders.settings import read_or_exit

_OTHER_FILES = 256
_READ_TIMEOUT_SECONDS = 5
_CLOSE_TIMEOUT_SECONDS = 5

_logger = logging.getLogger("orders.api")


def main() -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests in flight and exit."""
    settings = read_or_exit(Settings, os.environ)
    configure_logging(settings.log_level)
    metrics = Metrics()

    @asynccontextmanager
    async def open_publisher() -> AsyncIterator[Publisher]:
        async with (
            create_client(
                "sns",
                region_name=settings.aws_region,
                max_pool_connections=settings.publish_calls_in_flight,
                read_timeout=_READ_TIMEOUT_SECONDS,
            ) as client,
            log_memory(_logger, metrics.registry),
        ):
            publisher = BatchingPublisher(SnsTopic(client, settings.sns_topic_arn), settings, metrics)
            _logger.info("started", extra={"topic": settings.sns_topic_arn})
            try:
                yield publisher
            finally:
                await publisher.close(_CLOSE_TIMEOUT_SECONDS)
                _logger.info("stopped")

    # As in the reference system, the synchronous path pays one order at a time: it is the baseline of the comparison.
    payment = SimulatedPaymentProvider(settings.payment_seconds, max_concurrent_payments=1)
    connections = _allow_open_connections(settings.connection_limit)
    app = create_app(open_publisher, payment, metrics, replace(settings.limits, connections=connections))
    listener = listen("0.0.0.0", settings.port)  # noqa: S104  # reached from outside its container
    app.run(sock=listener, protocol=Connection, single_process=True, backlog=BACKLOG)


def _allow_open_connections(limit: int) -> int:
    """Raise the limit of open files for that many connections. Return for how many it could be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = limit + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if files > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, min(limit, files - _OTHER_FILES))


if __name__ == "__main__":
    main()
