"""Reads what the services have logged to CloudWatch Logs: one JSON object a line, whose `message` says what it is.

All streams of a log group are read with GetLogEvents, whose forward token pages without loss; FilterLogEvents is not
used, because an emulator of AWS cuts its answer off after 10,000 events without a token for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from loadtest.errors import LoadTestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef


class Line(NamedTuple):
    """One line of the log."""

    stream: str
    """Each task has one of its own."""
    text: str


class LogGroup:
    """The log group to which the tasks of a service write."""

    def __init__(self, client: CloudWatchLogsClient, name: str) -> None:
        """Remember where to read."""
        self._client = client
        self._name = name

    def lines(self, since: float) -> Iterator[Line]:
        """Yield every line logged since unix time `since`, stream by stream; raises LoadTestError if it cannot."""
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
            if token == request.get("nextToken"):  # the end; an empty page alone is none
                return
            request["nextToken"] = token


class _Head(Struct):
    message: str


def read_record[T](text: str, message: str, kind: type[T]) -> T | None:
    """Return a line as a `kind` if it is a record with this message, None for any other line.

    Raises LoadTestError for a record that cannot be read: ignored, it would look as if it had not been written.
    """
    try:
        if msgspec.json.decode(text, type=_Head).message != message:
            return None
    except msgspec.DecodeError:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        reason = f"unreadable record '{message}': {error}: {text}"
        raise LoadTestError(reason) from error
