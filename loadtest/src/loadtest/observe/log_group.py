"""Read the services' logs from CloudWatch Logs: one JSON object per line, identified by its `message`.

Each stream is read with GetLogEvents. FilterLogEvents would be one call for all streams, but an emulator returns at
most 10,000 of its events, without a token for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from loadtest.errors import LoadTestError
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef


_QUOTED = 500


class Line(NamedTuple):
    """One line of a log."""

    stream: str
    """Log stream; each task has its own."""
    text: str


class LogGroup:
    """The log group of a service."""

    def __init__(self, client: CloudWatchLogsClient, name: str) -> None:
        """Take the client and the name of the group; send no request yet."""
        self._client = client
        self._name = name

    def lines(self, since: float) -> Iterator[Line]:
        """Yield every line logged since unix time `since`, stream by stream; raise LoadTestError on an error of AWS."""
        try:
            for page in self._client.get_paginator("describe_log_streams").paginate(logGroupName=self._name):
                for stream in page["logStreams"]:
                    yield from self._lines(stream["logStreamName"], since)
        except (BotoCoreError, ClientError) as error:
            message = f"log group {self._name}: {error}"
            raise LoadTestError(message) from error

    def _lines(self, stream: str, since: float) -> Iterator[Line]:
        request: GetLogEventsRequestTypeDef = {
            "logGroupName": self._name,
            "logStreamName": stream,
            "startTime": int(since * 1000),
            "startFromHead": True,
        }
        while True:
            page = self._client.get_log_events(**request)
            for event in page["events"]:
                yield Line(stream, event["message"])
            token = page["nextForwardToken"]
            if token == request.get("nextToken"):  # the end; an empty page is not
                return
            request["nextToken"] = token


class _Head(Struct):
    message: str


def read_record[T](text: str, message: str, kind: type[T]) -> T | None:
    """Return a line as a `kind` if it is a record with this message, else None.

    Raises LoadTestError when such a record has other fields.
    """
    try:
        if msgspec.json.decode(text, type=_Head).message != message:
            return None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reason = f"unreadable record '{message}': {error}: {printable(text[:_QUOTED])}"
        raise LoadTestError(reason) from error
