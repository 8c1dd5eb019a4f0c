"""The settings of the API."""

from typing import Annotated

import msgspec
from msgspec import Meta

from orders.settings import LogLevel, Port, Region, Seconds, between

TopicArn = Annotated[
    str,
    Meta(
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$",
        description="a topic's ARN, like arn:aws:sns:us-west-2:123456789012:orders",
    ),
]
LOAD_BALANCER_IDLE_SECONDS = 60
"""The load balancer's idle timeout. It responds with 504 to a request that has had no response for that long."""
MAX_WAIT_SECONDS = LOAD_BALANCER_IDLE_SECONDS - 10
"""How long an order may wait at most: the API's own 503 has to come before the load balancer's 504."""

WaitSeconds = Annotated[
    float, Meta(gt=0, le=MAX_WAIT_SECONDS, description=f"a number of seconds above 0, up to {MAX_WAIT_SECONDS}")
]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be in the API at the same time, and for how long. Requests beyond it get 503."""

    sync_queue: int = 100
    """Orders in line for their payment, the one in progress included."""
    sync_seconds: float = MAX_WAIT_SECONDS
    """How long an order may be in that line, its payment included."""
    request_bytes: int = 64 * 1024 * 1024
    """Bytes of the orders that are being read or processed, each with an overhead."""
    connections: int = 2048


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The environment variables of the API; services/README.md describes them."""

    aws_region: Region
    sns_topic_arn: TopicArn
    port: Port = 8080
    payment_seconds: Seconds = 3
    log_level: LogLevel = "info"
    publish_linger_seconds: Annotated[float, between(0, 1, "a number of seconds")] = 0.005
    publish_calls_in_flight: Annotated[int, between(1, 256)] = 16
    publish_queue_limit: Annotated[int, between(1, 1_000_000)] = 10_000
    publish_timeout_seconds: WaitSeconds = 10
    sync_queue_limit: Annotated[int, between(1, 100_000)] = Limits().sync_queue
    sync_timeout_seconds: WaitSeconds = Limits().sync_seconds
    request_bytes_limit: Annotated[int, between(1_048_576, 2**40)] = Limits().request_bytes
    connection_limit: Annotated[int, between(1, 100_000)] = Limits().connections

    @property
    def limits(self) -> Limits:
        """The limits of the application."""
        return Limits(
            sync_queue=self.sync_queue_limit,
            sync_seconds=self.sync_timeout_seconds,
            request_bytes=self.request_bytes_limit,
            connections=self.connection_limit,
        )
