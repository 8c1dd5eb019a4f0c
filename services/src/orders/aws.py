"""Create AWS clients, and read the results of batch calls.

botocore's own retries are off. Each caller has a deadline and a backoff of its own, and two layers of retries multiply.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, cast

import msgspec
from aiobotocore.config import AioConfig  # type: ignore[import-untyped]  # aiobotocore publishes no types
from aiobotocore.session import get_session  # type: ignore[import-untyped]  # aiobotocore publishes no types

type Client = Any
"""A client of one AWS service. botocore generates its methods at run time."""

MAX_BATCH_ENTRIES = 10
"""Entries that SNS and SQS allow in one batch call, and messages that SQS returns from one receive call."""
MAX_BATCH_BYTES = 262_144
"""Bytes that SNS and SQS allow in one batch call, over all entries."""

_CONNECT_TIMEOUT_SECONDS = 2
_THROTTLED = re.compile("throttl|toomanyrequests", re.IGNORECASE)


class Failure(NamedTuple):
    """Why an entry of a batch call failed: the `Code` and `SenderFault` of a `BatchResultErrorEntry`.

    If `sender_fault` is true, the same entry fails every time and a retry is useless.
    """

    code: str
    sender_fault: bool


_NO_ANSWER = Failure("NoAnswer", sender_fault=False)


def create_client(
    service_name: str, *, region_name: str, max_pool_connections: int, read_timeout: float
) -> AbstractAsyncContextManager[Client]:
    """Create a client, as an asynchronous context manager that closes it.

    The parameters are aiobotocore's; `read_timeout` is in seconds. The client makes up to `max_pool_connections` calls
    at the same time. The AWS SDK's environment variables set its endpoint and credentials.
    """
    config = AioConfig(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout,
        max_pool_connections=max_pool_connections,
        retries={"total_max_attempts": 1},
    )
    return cast(
        "AbstractAsyncContextManager[Client]",
        get_session().create_client(service_name, region_name=region_name, config=config),
    )


class _Success(msgspec.Struct, rename="pascal"):
    id: str


class _Error(msgspec.Struct, rename="pascal"):
    id: str
    code: str
    sender_fault: bool


class _BatchResponse(msgspec.Struct, rename="pascal"):
    successful: list[_Success] | None = None
    failed: list[_Error] | None = None


def batch_results(response: object, entries: int) -> Sequence[Failure | None]:
    """Return one result for each of the entries "0", "1", ... of a batch call: a `Failure`, or None for success.

    An entry that the response does not mention has failed, with the code `NoAnswer`. A throttled entry is no sender's
    fault, whatever the response says: a retry helps. Raises `msgspec.ValidationError` if it is no such response.
    """
    answer = msgspec.convert(response, _BatchResponse)
    results: dict[str, Failure | None] = {success.id: None for success in answer.successful or ()}
    for error in answer.failed or ():
        results[error.id] = Failure(error.code, error.sender_fault and not _THROTTLED.search(error.code))
    return [results.get(str(index), _NO_ANSWER) for index in range(entries)]
