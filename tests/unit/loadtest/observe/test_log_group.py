from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from msgspec import Struct

from loadtest.errors import LoadTestError
from loadtest.observe.log_group import Line, LogGroup, read_record
from tests.unit.loadtest.conftest import START

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GROUP = "/orders"


class Counted(Struct):
    """What a record called `counted` holds."""

    number: int


class Logs:
    """A stubbed CloudWatch Logs client and what it is to answer."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "logs",
            region_name="us-west-2",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # not a secret
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
    logs.streams(["a"], next_token="more")  # noqa: S106  # a pagination token
    thousands = [f"line {number}" for number in range(2500)]
    logs.page("a", thousands[:1000], token=None, next_token="f/1")  # noqa: S106  # a pagination token
    logs.page("a", [], token="f/1", next_token="f/2")  # noqa: S106  # an empty page in the middle
    logs.page("a", thousands[1000:2000], token="f/2", next_token="f/3")  # noqa: S106  # a pagination token
    logs.page("a", [], token="f/3", next_token="f/3")  # noqa: S106  # the end
    logs.streams(["b"], token="more")  # noqa: S106  # a pagination token
    logs.page("b", thousands[2000:], token=None, next_token="g/1")  # noqa: S106  # a pagination token
    logs.page("b", [], token="g/1", next_token="g/1")  # noqa: S106  # the end
    assert list(LogGroup(logs.client, GROUP).lines(START)) == [
        Line("a" if number < 2000 else "b", text) for number, text in enumerate(thousands)
    ]


def test_a_log_group_that_is_not_there_is_named(logs: Logs) -> None:
    logs.stubber.add_client_error("describe_log_streams", "ResourceNotFoundException")
    with pytest.raises(LoadTestError, match=r"log group /orders: .*ResourceNotFoundException"):
        list(LogGroup(logs.client, GROUP).lines(START))


def test_a_record_is_read_by_its_message() -> None:
    assert read_record('{"message": "counted", "number": 3, "level": "info"}', "counted", Counted) == Counted(3)


@pytest.mark.parametrize(
    "text",
    ["", "Traceback (most recent call last):", "[1, 2]", "7", '{"level": "info"}', '{"message": "polling", "n": 1}'],
)
def test_other_lines_are_ignored(text: str) -> None:
    assert read_record(text, "counted", Counted) is None


def test_a_record_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(LoadTestError, match=r"unreadable record 'counted': .*number.*: \{"):
        read_record('{"message": "counted", "number": "many"}', "counted", Counted)


@pytest.mark.parametrize("text", ['{"message": ' + "[" * 100_000, '{"message": "\udcff"}'], ids=["nested", "no text"])
def test_a_line_that_no_decoder_takes_is_ignored(text: str) -> None:
    assert read_record(text, "counted", Counted) is None


def test_the_error_of_a_record_quotes_the_beginning_without_control_characters() -> None:
    with pytest.raises(LoadTestError) as refusal:
        read_record('{"message": "counted", "number": "\x7f\u202e' + "x" * 100_000 + '"}', "counted", Counted)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 1000
