from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from loadtest.errors import LoadTestError
from loadtest.observe import dead_letters
from loadtest.observe.dead_letters import collect_dead_letters
from loadtest.record.rows import DeadLetter, read_rows
from loadtest.record.run_directory import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_sqs import SQSClient

RECEIVE = {"QueueUrl": "dead", "MaxNumberOfMessages": 10, "VisibilityTimeout": 300, "WaitTimeSeconds": 1}


@pytest.fixture
def client() -> Iterator[SQSClient]:
    client = boto3.client("sqs", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test")  # noqa: S106  # not a secret
    yield client
    client.close()


def message(number: int, body: str) -> dict[str, str]:
    return {"MessageId": f"m-{number:02}", "ReceiptHandle": f"r-{number:02}", "Body": body}


def answer(stubber: Stubber, *batches: list[dict[str, str]]) -> None:
    for batch in batches:
        stubber.add_response("receive_message", {"Messages": batch} if batch else {}, RECEIVE)


def expect_return(stubber: Stubber, *receipts: str) -> None:
    entries = [{"Id": str(n), "ReceiptHandle": each, "VisibilityTimeout": 0} for n, each in enumerate(receipts)]
    response: dict[str, Any] = {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []}
    stubber.add_response("change_message_visibility_batch", response, {"QueueUrl": "dead", "Entries": entries})


def test_the_letters_are_read_and_returned_to_the_queue(tmp_path: Path, client: SQSClient) -> None:
    orders = [message(number, f'{{"order_id": "o-{number}"}}') for number in range(10)]
    with Stubber(client) as stubber:
        answer(stubber, orders, [], [message(10, "no order"), message(11, "[]")], [], [])
        expect_return(stubber, *(f"r-{number:02}" for number in range(10)))
        expect_return(stubber, "r-10", "r-11")
        assert collect_dead_letters(RunDirectory(tmp_path), client, "dead") == "12 dead letters"
        stubber.assert_no_pending_responses()
    letters = read_rows(RunDirectory(tmp_path).dead_letters, DeadLetter)
    assert [letter.order_id for letter in letters] == [*(f"o-{number}" for number in range(10)), "", ""]


def test_an_empty_queue_has_no_letters(tmp_path: Path, client: SQSClient) -> None:
    with Stubber(client) as stubber:
        answer(stubber, [], [])
        assert collect_dead_letters(RunDirectory(tmp_path), client, "dead") == "0 dead letters"
    assert read_rows(RunDirectory(tmp_path).dead_letters, DeadLetter) == []


def test_a_letter_that_is_delivered_twice_counts_once(tmp_path: Path, client: SQSClient) -> None:
    with Stubber(client) as stubber:
        answer(stubber, [message(1, "{}")], [message(1, "{}")], [], [])
        expect_return(stubber, "r-01", "r-01")
        assert collect_dead_letters(RunDirectory(tmp_path), client, "dead") == "1 dead letters"


def test_after_an_error_the_letters_are_returned(tmp_path: Path, client: SQSClient) -> None:
    with Stubber(client) as stubber:
        answer(stubber, [message(1, "{}")])
        stubber.add_client_error("receive_message", "ServiceUnavailable")
        expect_return(stubber, "r-01")
        with pytest.raises(ClientError):
            collect_dead_letters(RunDirectory(tmp_path), client, "dead")
        stubber.assert_no_pending_responses()
    assert not RunDirectory(tmp_path).dead_letters.exists()


def test_too_many_letters_are_an_error(tmp_path: Path, client: SQSClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MOST_LETTERS", 1)
    with Stubber(client) as stubber:
        answer(stubber, [message(1, "{}"), message(2, "{}")])
        expect_return(stubber, "r-01", "r-02")
        with pytest.raises(LoadTestError, match="dead: has more than 1 dead letters"):
            collect_dead_letters(RunDirectory(tmp_path), client, "dead")
