"""Reads from the processor's log, in CloudWatch Logs, which orders were completed when.

The processor writes one JSON line for each completion. All streams of the log group are read with GetLogEvents, whose
forward token pages without loss; FilterLogEvents is not used, because an emulator of AWS cuts its answer off after
10,000 events without a token for the rest. Events are delivered late, hence the polling.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # msgspec resolves the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Meta, Struct

from loadtest.errors import LoadTestError
from loadtest.rows import Completion, Request, read_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

    from loadtest.clock import Clock
    from loadtest.folder import RunFolder

POLL_SECONDS = 2.0
_COMPLETED = "order completed"


class _Line(Struct):
    message: str


class _Record(Struct):
    order_id: str
    created_at: Annotated[datetime, Meta(tz=True)]
    completed_at: Annotated[datetime, Meta(tz=True)]
    receive_count: int


class CompletionLog:
    """The log group to which the processors write."""

    def __init__(self, client: CloudWatchLogsClient, log_group: str) -> None:
        """Remember where to read."""
        self._client = client
        self._log_group = log_group

    def read(self, since: float) -> list[Completion]:
        """Return every completion logged since unix time `since`, by time of completion.

        Two records that are equal in every field are one line that was delivered twice, and count once.
        """
        try:
            records = {
                record
                for stream in self._streams()
                for message in self._messages(stream, since)
                if (record := parse_completion(message)) is not None
            }
        except (BotoCoreError, ClientError) as error:
            message = f"log group {self._log_group}: {error}"
            raise LoadTestError(message) from error
        return sorted(records, key=lambda record: (record.completed_at, record.order_id))

    def _streams(self) -> Iterator[str]:
        for page in self._client.get_paginator("describe_log_streams").paginate(logGroupName=self._log_group):
            for stream in page["logStreams"]:
                yield stream["logStreamName"]

    def _messages(self, stream: str, since: float) -> Iterator[str]:
        request: GetLogEventsRequestTypeDef = {
            "logGroupName": self._log_group,
            "logStreamName": stream,
            "startTime": int(since * 1000),
            "startFromHead": True,
        }
        while True:
            page = self._client.get_log_events(**request)
            for event in page["events"]:
                yield event["message"]
            token = page["nextForwardToken"]
            if token == request.get("nextToken"):  # the end; an empty page alone is none
                return
            request["nextToken"] = token


def collect(folder: RunFolder, log: CompletionLog, clock: Clock, *, since: float, deadline_seconds: float) -> str:
    """Poll until each accepted order has a record or the deadline passes; write the records, return a line on them.

    Orders without a record are no error here: whether the ledger closes is for the summary to say.
    """
    accepted = {row.order_id for path in folder.request_files() for row in read_rows(path, Request) if row.order_id}
    give_up = clock.monotonic() + deadline_seconds
    while True:
        completions = log.read(since)
        missing = accepted - {each.order_id for each in completions}
        if not missing or clock.monotonic() >= give_up:
            break
        clock.sleep(POLL_SECONDS)
    write_rows(folder.completions, Completion, completions)
    return (
        f"{len(accepted) - len(missing):,} of {len(accepted):,} accepted orders completed; {len(completions):,} records"
    )


def parse_completion(message: str) -> Completion | None:
    """Return the completion that a log line tells of, None for any other line.

    Raises LoadTestError for a completion that cannot be read: ignored, its order would look lost.
    """
    try:
        if msgspec.json.decode(message, type=_Line).message != _COMPLETED:
            return None
    except msgspec.DecodeError:
        return None
    try:
        record = msgspec.json.decode(message, type=_Record)
    except msgspec.DecodeError as error:
        text = f"unreadable record of a completion: {error}: {message}"
        raise LoadTestError(text) from error
    return Completion(
        record.order_id, record.created_at.timestamp(), record.completed_at.timestamp(), record.receive_count
    )
