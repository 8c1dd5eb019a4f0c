from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Aws, RunModule

NAME = "orders-oldest-message"
ARN = f"arn:aws:cloudwatch:us-west-2:000000000000:alarm:{NAME}"
ALARM = {
    "AlarmName": NAME,
    "MetricName": "ApproximateAgeOfOldestMessage",
    "Namespace": "AWS/SQS",
    "Dimensions": [{"Name": "QueueName", "Value": "orders-queue"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 300,
}
WANTED = {"oldest-message": {key: value for key, value in ALARM.items() if key != "AlarmName"}}


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.fixture
def tags(source: ModuleType) -> dict[str, str]:
    """The tags of an unchanged alarm."""
    return {"environment": "test", "project": "orders", "definition": source.digest(ALARM)}


def there_is(aws: Aws, alarm: dict[str, Any] | None, tags: dict[str, str]) -> None:
    """Prepare the list of alarms whose names begin with the project's: this one, or none."""
    found = [] if alarm is None else [alarm | {"AlarmArn": ARN}]
    aws["cloudwatch"].add_response("describe_alarms", {"MetricAlarms": found}, {"AlarmNamePrefix": "orders-"})
    if found:
        aws["cloudwatch"].add_response("list_tags_for_resource", {"Tags": as_list(tags)}, {"ResourceARN": ARN})


def test_a_new_alarm_is_created_with_its_tags(aws: Aws, run_module: RunModule, tags: dict[str, str]) -> None:
    there_is(aws, None, {})
    aws["cloudwatch"].add_response("put_metric_alarm", {}, {**ALARM, "Tags": as_list(tags)})

    assert run_module(project="orders", alarms=WANTED, tags={"environment": "test"})["changed"] is True


def test_an_unchanged_alarm_is_left_alone(aws: Aws, run_module: RunModule, tags: dict[str, str]) -> None:
    there_is(aws, ALARM | {"ActionsEnabled": True}, tags)

    assert run_module(project="orders", alarms=WANTED, tags={"environment": "test"})["changed"] is False


def test_a_manual_change_is_reverted(aws: Aws, run_module: RunModule, tags: dict[str, str]) -> None:
    there_is(aws, ALARM | {"Threshold": 1.0}, tags)
    aws["cloudwatch"].add_response("put_metric_alarm", {}, ALARM)

    assert run_module(project="orders", alarms=WANTED, tags={"environment": "test"})["changed"] is True


def test_the_digest_reveals_a_change_of_a_field_that_is_not_described(
    aws: Aws, run_module: RunModule, tags: dict[str, str]
) -> None:
    there_is(aws, {"AlarmName": NAME}, tags | {"definition": "another"})
    aws["cloudwatch"].add_response("put_metric_alarm", {}, ALARM)
    aws["cloudwatch"].add_response(
        "tag_resource", {}, {"ResourceARN": ARN, "Tags": as_list({"definition": tags["definition"]})}
    )

    assert run_module(project="orders", alarms=WANTED, tags={"environment": "test"})["changed"] is True


def test_other_tags_are_removed(aws: Aws, run_module: RunModule, tags: dict[str, str]) -> None:
    there_is(aws, ALARM, tags | {"team": "none"})
    aws["cloudwatch"].add_response("put_metric_alarm", {}, ALARM)
    aws["cloudwatch"].add_response("untag_resource", {}, {"ResourceARN": ARN, "TagKeys": ["team"]})

    assert run_module(project="orders", alarms=WANTED, tags={"environment": "test"})["changed"] is True


def test_other_alarms_of_the_project_are_removed(aws: Aws, run_module: RunModule, tags: dict[str, str]) -> None:
    there_is(aws, ALARM, tags)
    aws["cloudwatch"].add_response("delete_alarms", {}, {"AlarmNames": [NAME]})

    assert run_module(project="orders")["changed"] is True


def test_an_alarm_of_a_project_with_a_longer_name_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    there_is(aws, ALARM, {"project": "orders-oldest"})

    assert run_module(project="orders")["changed"] is False


@pytest.mark.parametrize(
    ("live", "wanted"),
    [(None, WANTED), (ALARM, {}), (ALARM | {"Threshold": 1.0}, WANTED)],
    ids=["new", "gone", "other"],
)
def test_check_mode_changes_nothing(
    aws: Aws, run_module: RunModule, tags: dict[str, str], live: dict[str, Any] | None, wanted: dict[str, Any]
) -> None:
    there_is(aws, live, tags)

    result = run_module(project="orders", alarms=wanted, tags={"environment": "test"}, _ansible_check_mode=True)

    assert result["changed"] is True


def test_an_error_names_the_alarm(aws: Aws, run_module: RunModule) -> None:
    there_is(aws, None, {})
    aws["cloudwatch"].add_client_error("put_metric_alarm", "LimitExceeded")

    result = run_module(project="orders", alarms=WANTED)

    assert result["failed"]
    assert f"write the alarm {NAME}" in result["msg"]
