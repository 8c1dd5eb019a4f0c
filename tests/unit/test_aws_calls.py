from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

URL = "https://sqs.us-west-2.amazonaws.com/123456789012/orders-queue"
CALL = "sqs.get_queue_attributes"
ASKED: dict[str, Any] = {"QueueUrl": URL, "AttributeNames": ["All"]}
POLICY = json.dumps({"Statement": [{"Sid": "OnlyTheTopicSends"}]})


def test_an_expected_answer_passes(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30"}}, ASKED)

    result = run_module(calls=[{"call": CALL, "with": ASKED, "pick": "Attributes.VisibilityTimeout", "is": "30"}])

    assert (result["changed"], result["answers"]) == (False, ["30"])


def test_every_difference_is_named(aws: Aws, run_module: RunModule) -> None:
    for _ in range(2):
        aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"VisibilityTimeout": "30"}}, ASKED)

    result = run_module(
        calls=[
            {"call": CALL, "with": ASKED, "pick": "Attributes.VisibilityTimeout", "is": "31"},
            {"call": CALL, "with": ASKED, "pick": "Attributes.DelaySeconds", "is": "5"},
        ]
    )

    assert result["failed"]
    assert f'{CALL} Attributes.VisibilityTimeout: "30" is not "31"' in result["msg"]
    assert f'{CALL} Attributes.DelaySeconds: null is not "5"' in result["msg"]


def test_a_text_that_holds_json_is_decoded(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"Policy": POLICY}}, ASKED)

    result = run_module(calls=[{"call": CALL, "with": ASKED, "pick": "Attributes.Policy.Statement[].Sid"}])

    assert result["answers"] == [["OnlyTheTopicSends"]]


def test_a_missing_value_can_be_expected(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"RedrivePolicy": "{}"}}, ASKED)

    result = run_module(calls=[{"call": CALL, "with": ASKED, "pick": "Attributes.RedrivePolicy", "is": None}])

    assert "Attributes.RedrivePolicy: {} is not null" in result["msg"]


def test_a_refusal_can_be_expected(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "QueueDoesNotExist", expected_params=ASKED)

    result = run_module(calls=[{"call": CALL, "with": ASKED, "pick": "Error.Code", "is": "QueueDoesNotExist"}])

    assert result["answers"] == ["QueueDoesNotExist"]


def test_an_unexpected_refusal_fails(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "QueueDoesNotExist", expected_params=ASKED)

    result = run_module(calls=[{"call": CALL, "with": ASKED, "pick": "Attributes"}])

    assert result["failed"]
    assert f"Could not call {CALL}" in result["msg"]
