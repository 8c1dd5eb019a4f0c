from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from loadtest.completions import CompletionLog, collect, parse_completion
from loadtest.errors import LoadTestError
from loadtest.folder import RunFolder
from loadtest.rows import Completion, Request, read_rows, write_rows

from .conftest import START

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .conftest import JumpingClock

GROUP = "/orders"


def record(order_id: str, *, second: float = 3.0, receive_count: int = 1) -> str:
    created, completed = (datetime.fromtimestamp(START + offset, UTC).isoformat() for offset in (0, second))
    return json.dumps(
        {
            "time": completed,
            "level": "info",
            "logger": "orders.processor",
            "message": "order completed",
            "order_id": order_id,
            "created_at": created,
            "completed_at": completed,
            "receive_count": receive_count,
            "message_id": "m-1",
        }
    )


class Logs:
    """A stubbed CloudWatch Logs client and what it is to answer."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "logs",
            region_name="us-west-2",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # no secret
        )
        self.stubber = Stubber(self.client)

    def streams(self, names: Sequence[str], *, token: str | None = None, next_token: str | None = None) -> None:
        request = {"logGroupName": GROUP} | ({"nextToken": token} if token else {})
        answer: dict[str, Any] = {"logStreams": [{"logStreamName": name} for name in names]}
        self.stubber.add_response(
            "describe_log_streams", answer | ({"nextToken": next_token} if next_token else {}), request
        )

    def page(self, stream: str, messages: Sequence[str], *, token: str | None, next_token: str) -> None:
        request = {
            "logGroupName": GROUP,
            "logStreamName": stream,
            "startTime": int(START * 1000),
            "startFromHead": True,
        }
        self.stubber.add_response(
            "get_log_events",
            {"events": [{"message": message} for message in messages], "nextForwardToken": next_token},
            request | ({"nextToken": token} if token else {}),
        )


@pytest.fixture
def logs() -> Iterator[Logs]:
    logs = Logs()
    with logs.stubber:
        yield logs
        logs.stubber.assert_no_pending_responses()
    logs.client.close()


def test_every_page_of_every_stream_is_read(logs: Logs) -> None:
    logs.streams(["a"], next_token="more")  # noqa: S106  # a token of paging
    thousands = [record(f"order-{number}", second=number) for number in range(2500)]
    logs.page("a", thousands[:1000], token=None, next_token="f/1")  # noqa: S106  # a token of paging
    logs.page("a", [], token="f/1", next_token="f/2")  # noqa: S106  # an empty page in the middle
    logs.page("a", thousands[1000:2000], token="f/2", next_token="f/3")  # noqa: S106  # a token of paging
    logs.page("a", [], token="f/3", next_token="f/3")  # noqa: S106  # the end
    logs.streams(["b"], token="more")  # noqa: S106  # a token of paging
    logs.page("b", thousands[2000:], token=None, next_token="g/1")  # noqa: S106  # a token of paging
    logs.page("b", [], token="g/1", next_token="g/1")  # noqa: S106  # the end
    completions = CompletionLog(logs.client, GROUP).read(START)
    assert [each.order_id for each in completions] == [f"order-{number}" for number in range(2500)]


def test_a_line_delivered_twice_counts_once_and_an_order_completed_twice_twice(logs: Logs) -> None:
    logs.streams(["a"])
    lines = [record("x"), record("x"), record("x", second=33, receive_count=2)]
    logs.page("a", lines, token=None, next_token="f/1")  # noqa: S106  # a token of paging
    logs.page("a", [], token="f/1", next_token="f/1")  # noqa: S106  # the end
    completions = CompletionLog(logs.client, GROUP).read(START)
    assert completions == [Completion("x", START, START + 3, 1), Completion("x", START, START + 33, 2)]


def test_a_log_group_that_is_not_there_is_named(logs: Logs) -> None:
    logs.stubber.add_client_error("describe_log_streams", "ResourceNotFoundException")
    with pytest.raises(LoadTestError, match=r"log group /orders: .*ResourceNotFoundException"):
        CompletionLog(logs.client, GROUP).read(START)


@pytest.mark.parametrize(
    "line",
    ["", "Traceback (most recent call last):", "[1, 2]", "7", '{"level": "info"}', '{"message": "polling", "n": 1}'],
)
def test_other_lines_are_ignored(line: str) -> None:
    assert parse_completion(line) is None


def test_a_completion_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(LoadTestError, match=r"unreadable record of a completion: .*order_id"):
        parse_completion('{"message": "order completed", "id": "x"}')


class LateLog(CompletionLog):
    """A log in which one more record shows up with each reading."""

    def __init__(self, *order_ids: str) -> None:
        self._order_ids = order_ids
        self.readings = 0

    def read(self, since: float) -> list[Completion]:
        self.readings += 1
        return [Completion(order_id, since, since + 3, 1) for order_id in self._order_ids[: self.readings]]


@pytest.fixture
def accepted(tmp_path: Path) -> RunFolder:
    requests = [Request(START, 5, 202, name, "") for name in ("a", "b", "c")] + [Request(START, 5, 503, "", "no")]
    write_rows(tmp_path / "requests-host-1.csv", Request, requests)
    return RunFolder(tmp_path)


def test_polls_until_each_accepted_order_has_a_record(accepted: RunFolder, clock: JumpingClock) -> None:
    log = LateLog("a", "other", "b", "c", "never read")
    said = collect(accepted, log, clock, since=START, deadline_seconds=60)
    assert said == "3 of 3 accepted orders completed; 4 records"
    assert log.readings == 4
    assert [each.order_id for each in read_rows(accepted.completions, Completion)] == ["a", "other", "b", "c"]


def test_orders_still_without_a_record_at_the_deadline_are_no_error(accepted: RunFolder, clock: JumpingClock) -> None:
    said = collect(accepted, LateLog("a", "b"), clock, since=START, deadline_seconds=60)
    assert said == "2 of 3 accepted orders completed; 2 records"
    assert clock.elapsed == 60
