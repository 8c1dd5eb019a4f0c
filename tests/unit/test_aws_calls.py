from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

URL = "https://sqs.us-west-2.amazonaws.com/123456789012/orders-queue"
CALL = "sqs.get_queue_attributes"
REQUEST: dict[str, Any] = {"QueueUrl": URL, "AttributeNames": ["All"]}
POLICY = json.dumps({"Statement": [{"Sid": "OnlyTheTopicSends"}]})


def test_an_expected_answer_passes(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30"}}, REQUEST)

    result = run_module(calls=[{"call": CALL, "with": REQUEST, "pick": "Attributes.VisibilityTimeout", "is": "30"}])

    assert (result["changed"], result["answers"]) == (False, ["30"])


def test_every_difference_is_reported(aws: Aws, run_module: RunModule) -> None:
    for _ in range(2):
        aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30"}}, REQUEST)

    result = run_module(
        calls=[
            {"call": CALL, "with": REQUEST, "pick": "Attributes.VisibilityTimeout", "is": "31"},
            {"call": CALL, "with": REQUEST, "pick": "Attributes.DelaySeconds", "is": "5"},
        ]
    )

    assert result["failed"]
    assert f'{CALL} Attributes.VisibilityTimeout: "30" is not "31"' in result["msg"]
    assert f'{CALL} Attributes.DelaySeconds: null is not "5"' in result["msg"]


def test_a_string_with_json_is_parsed(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"Policy": POLICY}}, REQUEST)

    result = run_module(calls=[{"call": CALL, "with": REQUEST, "pick": "Attributes.Policy.Statement[].Sid"}])

    assert result["answers"] == [["OnlyTheTopicSends"]]


def test_null_can_be_expected(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"RedrivePolicy": "{}"}}, REQUEST)

    result = run_module(calls=[{"call": CALL, "with": REQUEST, "pick": "Attributes.RedrivePolicy", "is": None}])

    assert "Attributes.RedrivePolicy: {} is not null" in result["msg"]


def test_an_error_can_be_expected(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "QueueDoesNotExist", expected_params=REQUEST)

    result = run_module(calls=[{"call": CALL, "with": REQUEST, "pick": "Error.Code", "is": "QueueDoesNotExist"}])

    assert result["answers"] == ["QueueDoesNotExist"]


def test_an_unexpected_error_fails(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "QueueDoesNotExist", expected_params=REQUEST)

    result = run_module(calls=[{"call": CALL, "with": REQUEST, "pick": "Attributes"}])

    assert result["failed"]
    assert f"Could not call {CALL}" in result["msg"]
