"""What both services share of AWS: how a client is made, and how a batch call's answer is read.

botocore retries nothing here: every caller has its own deadline, backoff and bounds, and two layers would multiply.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, cast

from aiobotocore.config import AioConfig  # type: ignore[import-untyped]  # aiobotocore publishes no types
from aiobotocore.session import get_session  # type: ignore[import-untyped]  # as above

type Client = Any
"""A service's client; its methods are made at run time from botocore's data."""

BATCH_LIMIT = 10
"""Entries in one batch call of SNS or SQS, and messages in one receive."""

_CONNECT_SECONDS = 2


class Failure(NamedTuple):
    """Why one entry of a batch failed, and whether trying it again is useless."""

    code: str
    sender_fault: bool


def open_client(
    service: str, *, region: str, max_pool_connections: int, read_timeout: float
) -> AbstractAsyncContextManager[Client]:
    """Open a client that makes up to `max_pool_connections` calls at once and waits `read_timeout` for each answer.

    Endpoint and credentials come from the AWS SDK's own variables.
    """
    config = AioConfig(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=read_timeout,
        max_pool_connections=max_pool_connections,
        retries={"total_max_attempts": 1},
    )
    return cast(
        "AbstractAsyncContextManager[Client]",
        get_session().create_client(service, region_name=region, config=config),
    )


def outcomes(response: Mapping[str, Any], entries: int) -> Sequence[Failure | None]:
    """Read a batch call's answer: for each of the entries with ids "0", "1", ... its failure, or None for success.

    An entry of which the answer says nothing has failed.
    """
    result: list[Failure | None] = [Failure("NoAnswer", sender_fault=False)] * entries
    for success in response.get("Successful", ()):
        result[int(success["Id"])] = None
    for failure in response.get("Failed", ()):
        result[int(failure["Id"])] = Failure(failure["Code"], failure["SenderFault"])
    return result
