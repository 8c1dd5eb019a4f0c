"""The API's settings."""

from typing import Annotated

import msgspec
from msgspec import Meta

from orders.settings import LogLevel, Port, Region, Seconds

TopicArn = Annotated[
    str,
    Meta(
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$",
        description="a topic's ARN, like arn:aws:sns:us-west-2:123456789012:orders",
    ),
]
Linger = Annotated[float, Meta(ge=0, le=1, description="a number of seconds from 0 to 1")]
Calls = Annotated[int, Meta(ge=1, le=256, description="a whole number from 1 to 256")]
QueueLimit = Annotated[int, Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]
Timeout = Annotated[float, Meta(gt=0, le=50, description="a number of seconds above 0, up to 50")]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the API is told by its environment."""

    aws_region: Region
    sns_topic_arn: TopicArn
    port: Port = 8080
    payment_seconds: Seconds = 3
    log_level: LogLevel = "info"
    publish_linger_seconds: Linger = 0.005
    publish_calls_in_flight: Calls = 16
    publish_queue_limit: QueueLimit = 10_000
    publish_timeout_seconds: Timeout = 10
