"""The processor's settings."""

from typing import Annotated

import msgspec
from msgspec import Meta

from orders.settings import LogLevel, Port, Region, Seconds

QueueUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^/\s]+/\S+$",
        description="a queue's URL, like https://sqs.us-west-2.amazonaws.com/123456789012/orders",
    ),
]
Workers = Annotated[int, Meta(ge=1, le=10_000, description="a whole number from 1 to 10000")]
Visibility = Annotated[int, Meta(ge=5, le=43_200, description="a whole number of seconds from 5 to 43200")]
StopTimeout = Annotated[float, Meta(ge=3, le=115, description="a number of seconds from 3 to 115")]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the processor is told by its environment."""

    aws_region: Region
    sqs_queue_url: QueueUrl
    num_workers: Workers = 100
    payment_seconds: Seconds = 3
    port: Port = 8080
    log_level: LogLevel = "info"
    visibility_timeout_seconds: Visibility = 30
    stop_timeout_seconds: StopTimeout = 25
