"""The settings of the processor."""

from typing import Annotated

import msgspec
from msgspec import Meta

from orders.settings import LogLevel, Port, Region, Seconds, between

QueueUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^/\s]+/\S+$",
        description="a queue's URL, like https://sqs.us-west-2.amazonaws.com/123456789012/orders",
    ),
]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The environment variables of the processor; services/README.md describes them."""

    aws_region: Region
    sqs_queue_url: QueueUrl
    num_workers: Annotated[int, between(1, 10_000)] = 100
    payment_seconds: Seconds = 3
    port: Port = 8080
    log_level: LogLevel = "info"
    visibility_timeout_seconds: Annotated[int, between(5, 43_200, "a whole number of seconds")] = 30
    stop_timeout_seconds: Annotated[float, between(3, 115, "a number of seconds")] = 25
