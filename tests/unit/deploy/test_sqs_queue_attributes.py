from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

URL = "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue"
ASKED = {"QueueUrl": URL, "AttributeNames": ["DelaySeconds", "SqsManagedSseEnabled"]}
WANTED = {"SqsManagedSseEnabled": "true", "DelaySeconds": 5}


def test_only_attributes_that_differ_are_set(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": {"DelaySeconds": "5"}}, ASKED)
    aws["sqs"].add_response(
        "set_queue_attributes", {}, {"QueueUrl": URL, "Attributes": {"SqsManagedSseEnabled": "true"}}
    )

    result = run_module(queue_urls=[URL], attributes=WANTED)

    assert (result["changed"], result["set"]) == (True, {URL: ["SqsManagedSseEnabled"]})


def test_a_queue_that_has_them_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response(
        "get_queue_attributes", {"Attributes": {"DelaySeconds": "5", "SqsManagedSseEnabled": "true"}}, ASKED
    )

    assert run_module(queue_urls=[URL], attributes=WANTED)["changed"] is False


def test_of_several_queues_only_the_one_that_differs_is_changed(aws: Aws, run_module: RunModule) -> None:
    other = f"{URL}-dead-letters"
    same = {"DelaySeconds": "5", "SqsManagedSseEnabled": "true"}
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": same}, ASKED)
    aws["sqs"].add_response(
        "get_queue_attributes", {"Attributes": same | {"DelaySeconds": "0"}}, ASKED | {"QueueUrl": other}
    )
    aws["sqs"].add_response("set_queue_attributes", {}, {"QueueUrl": other, "Attributes": {"DelaySeconds": "5"}})

    result = run_module(queue_urls=[URL, other], attributes=WANTED)

    assert (result["changed"], result["set"]) == (True, {other: ["DelaySeconds"]})


def test_check_mode_sets_nothing(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_attributes", {}, ASKED)

    result = run_module(queue_urls=[URL], attributes=WANTED, _ansible_check_mode=True)

    assert (result["changed"], result["set"]) == (True, {URL: ["DelaySeconds", "SqsManagedSseEnabled"]})


def test_in_check_mode_a_queue_may_be_missing(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue")

    assert run_module(queue_urls=[URL], attributes=WANTED, _ansible_check_mode=True)["changed"] is False


def test_otherwise_a_missing_queue_is_an_error_that_names_it(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue")

    result = run_module(queue_urls=[URL], attributes=WANTED)

    assert result["failed"]
    assert URL in result["msg"]
