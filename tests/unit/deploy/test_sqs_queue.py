from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Aws, RunModule

NAME = {"QueueName": "orders-queue"}
URL = {"QueueUrl": "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue"}
REDRIVE = {"deadLetterTargetArn": "arn:aws:sqs:us-west-2:000000000000:orders-queue-dead-letters", "maxReceiveCount": 5}
WANTED: dict[str, Any] = {
    "name": "orders-queue",
    "attributes": {"SqsManagedSseEnabled": "true", "VisibilityTimeout": 30, "RedrivePolicy": REDRIVE},
    "tags": {"project": "orders"},
}
CURRENT = {"SqsManagedSseEnabled": "true", "VisibilityTimeout": "30", "RedrivePolicy": json.dumps(REDRIVE)}
CREATION = {**NAME, "Attributes": CURRENT, "tags": {"project": "orders"}}
DELETED_RECENTLY = "AWS.SimpleQueueService.QueueDeletedRecently"
MISSING = "AWS.SimpleQueueService.NonExistentQueue"


def find(aws: Aws, attributes: dict[str, str], tags: dict[str, str], *, probed: bool = True) -> None:
    """Prepare the answers for a queue that exists; in check mode, nothing is sent to find out whether it does."""
    aws["sqs"].add_response("get_queue_url", URL, NAME)
    if probed:
        aws["sqs"].add_response("create_queue", URL, NAME)
    aws["sqs"].add_response("get_queue_attributes", {"Attributes": attributes}, {**URL, "AttributeNames": ["All"]})
    aws["sqs"].add_response("list_queue_tags", {"Tags": tags} if tags else {}, URL)


@pytest.fixture
def clock(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays of the module, which pass at once."""
    delays: list[float] = []
    monkeypatch.setattr(source.time, "monotonic", lambda: sum(delays))
    monkeypatch.setattr(source.time, "sleep", delays.append)
    return delays


def test_a_new_queue_is_created_with_its_attributes_and_tags(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_url", MISSING)
    aws["sqs"].add_response("create_queue", URL, CREATION)

    assert run_module(**WANTED)["changed"] is True


def test_an_unchanged_queue_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    other = {"ApproximateNumberOfMessages": "7", "RedrivePolicy": json.dumps(REDRIVE | {"maxReceiveCount": "5"})}
    find(aws, CURRENT | other, {"project": "orders"})

    assert run_module(**WANTED)["changed"] is False


@pytest.mark.parametrize(
    "changed",
    [
        {"SqsManagedSseEnabled": "false"},
        {"VisibilityTimeout": "60"},
        {"RedrivePolicy": json.dumps(REDRIVE | {"maxReceiveCount": 3})},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_only_attributes_that_differ_are_set(aws: Aws, run_module: RunModule, changed: dict[str, str]) -> None:
    (name,) = changed
    find(aws, CURRENT | changed, {"project": "orders"})
    aws["sqs"].add_response("set_queue_attributes", {}, {**URL, "Attributes": {name: CURRENT[name]}})

    assert run_module(**WANTED)["changed"] is True


def test_a_missing_attribute_is_set(aws: Aws, run_module: RunModule) -> None:
    find(aws, {"SqsManagedSseEnabled": "true", "VisibilityTimeout": "30"}, {"project": "orders"})
    asked = {**URL, "Attributes": {"RedrivePolicy": json.dumps(REDRIVE)}}
    aws["sqs"].add_response("set_queue_attributes", {}, asked)

    assert run_module(**WANTED)["changed"] is True


def test_tags_are_set_and_others_removed(aws: Aws, run_module: RunModule) -> None:
    find(aws, CURRENT, {"owner": "somebody"})
    aws["sqs"].add_response("tag_queue", {}, {**URL, "Tags": {"project": "orders"}})
    aws["sqs"].add_response("untag_queue", {}, {**URL, "TagKeys": ["owner"]})

    assert run_module(**WANTED)["changed"] is True


def test_a_queue_that_was_removed_a_moment_ago_is_created_anew(
    aws: Aws, run_module: RunModule, clock: list[float]
) -> None:
    aws["sqs"].add_response("get_queue_url", URL, NAME)  # SQS still finds it
    for asked in (NAME, CREATION, CREATION):
        aws["sqs"].add_client_error("create_queue", DELETED_RECENTLY, expected_params=asked)
    aws["sqs"].add_response("create_queue", URL, CREATION)

    assert run_module(**WANTED)["changed"] is True
    assert len(clock) == 2


def test_a_queue_that_is_forgotten_between_two_calls_is_created(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_url", URL, NAME)
    aws["sqs"].add_response("create_queue", URL, NAME)
    aws["sqs"].add_client_error("get_queue_attributes", MISSING)
    aws["sqs"].add_response("create_queue", URL, CREATION)

    assert run_module(**WANTED)["changed"] is True


def test_a_name_that_sqs_keeps_refusing_is_an_error_that_names_the_queue(
    aws: Aws, run_module: RunModule, source: ModuleType, clock: list[float]
) -> None:
    aws["sqs"].add_client_error("get_queue_url", MISSING)
    for _ in range(source.DEADLINE_SECONDS // source.DELAY_SECONDS + 1):
        aws["sqs"].add_client_error("create_queue", DELETED_RECENTLY)

    result = run_module(**WANTED)

    assert result["failed"]
    assert "Could not change the queue orders-queue" in result["msg"]
    assert sum(clock) == source.DEADLINE_SECONDS


def test_in_check_mode_a_new_queue_is_reported(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_url", MISSING)

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_in_check_mode_a_change_is_reported(aws: Aws, run_module: RunModule) -> None:
    find(aws, CURRENT | {"VisibilityTimeout": "60"}, {}, probed=False)

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_a_queue_is_removed(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_url", URL, NAME)
    aws["sqs"].add_response("delete_queue", {}, URL)

    assert run_module(name="orders-queue", state="absent")["changed"] is True


def test_in_check_mode_a_removal_is_reported(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_url", URL, NAME)

    assert run_module(name="orders-queue", state="absent", _ansible_check_mode=True)["changed"] is True


def test_a_queue_that_does_not_exist_is_not_removed(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_client_error("get_queue_url", MISSING)

    assert run_module(name="orders-queue", state="absent")["changed"] is False


def test_a_queue_that_sqs_still_finds_after_its_removal_is_not_removed_again(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("get_queue_url", URL, NAME)
    aws["sqs"].add_client_error("delete_queue", MISSING)

    assert run_module(name="orders-queue", state="absent")["changed"] is False
