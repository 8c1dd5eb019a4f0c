from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

URL = "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue"
OTHER = f"{URL}-dead-letters"
ENCRYPTED = {"SqsManagedSseEnabled": "true"}


def answer(aws: Aws, url: str, **attributes: str) -> None:
    """Prepare the attributes of a queue. SQS leaves them out if there are none."""
    asked = {"QueueUrl": url, "AttributeNames": ["SqsManagedSseEnabled"]}
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": attributes} if attributes else {}, asked)


def test_only_queues_that_are_not_encrypted_are_changed(aws: Aws, run_module: RunModule) -> None:
    answer(aws, URL, **ENCRYPTED)
    answer(aws, OTHER, SqsManagedSseEnabled="false")
    aws["sqs"].add_response("set_queue_attributes", {}, {"QueueUrl": OTHER, "Attributes": ENCRYPTED})

    assert run_module(queue_urls=[URL, OTHER])["changed"] is True


def test_an_encrypted_queue_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    answer(aws, URL, **ENCRYPTED)

    assert run_module(queue_urls=[URL])["changed"] is False


def test_check_mode_changes_nothing(aws: Aws, run_module: RunModule) -> None:
    answer(aws, URL)

    assert run_module(queue_urls=[URL], _ansible_check_mode=True)["changed"] is True


def test_in_check_mode_a_queue_may_be_missing(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue")

    assert run_module(queue_urls=[URL], _ansible_check_mode=True)["changed"] is False


def test_otherwise_a_missing_queue_is_an_error_that_names_it(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_attributes", "AWS.SimpleQueueService.NonExistentQueue")

    result = run_module(queue_urls=[URL])

    assert result["failed"]
    assert URL in result["msg"]
