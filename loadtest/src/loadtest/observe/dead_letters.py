"""Read from the dead-letter queue which orders ended there.

The number of dead letters alone would not tell whose they are: those of others would hide as many lost orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from loadtest.errors import LoadTestError
from loadtest.record.rows import DeadLetter, write_rows

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from loadtest.record.run_directory import RunDirectory

MOST_LETTERS = 100_000
"""SQS allows 120,000 messages in flight."""

_BATCH = 10
_HIDDEN_SECONDS = 300
_EMPTY_RECEIVES = 2
"""A receive asks a part of SQS's servers, unless it waits; so one that is empty proves little."""


class _Order(Struct):
    order_id: str


def collect_dead_letters(run_directory: RunDirectory, client: SQSClient, queue_url: str) -> str:
    """Write dead-letters.csv with the letters in the queue, which keeps them; return a summary line.

    They are received, which hides them from others, and returned at the end. Raises LoadTestError if there are more
    than 100,000.
    """
    letters: dict[str, DeadLetter] = {}
    receipts: list[str] = []
    try:
        empty = 0
        while empty < _EMPTY_RECEIVES:
            messages = client.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,
            ).get("Messages", [])
            empty = 0 if messages else empty + 1
            receipts += [message["ReceiptHandle"] for message in messages]
            for message in messages:
                letters[message["MessageId"]] = DeadLetter(message["MessageId"], _order_id(message["Body"]))
            if len(letters) > MOST_LETTERS:
                error = f"{queue_url}: has more than {MOST_LETTERS:,} dead letters; redrive or purge them first"
                raise LoadTestError(error)
    finally:
        _return(client, queue_url, receipts)
    write_rows(run_directory.dead_letters, DeadLetter, sorted(letters.values(), key=lambda each: each.message_id))
    return f"{len(letters):,} dead letters"


def _return(client: SQSClient, queue_url: str, receipts: list[str]) -> None:
    for start in range(0, len(receipts), _BATCH):
        batch = receipts[start : start + _BATCH]
        client.change_message_visibility_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(batch)
            ],
        )


def _order_id(body: str) -> str:
    try:
        return msgspec.json.decode(body, type=_Order).order_id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
