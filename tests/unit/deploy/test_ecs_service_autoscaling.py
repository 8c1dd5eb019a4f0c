from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

SERVICE = "application-autoscaling"
RESOURCE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/orders/processor",
    "ScalableDimension": "ecs:service:DesiredCount",
}
METRICS = [
    {"Id": "waiting", "Expression": "1", "ReturnData": False},
    {"Id": "backlog", "Expression": "waiting / 2", "ReturnData": True},
]
TRACKING: dict[str, Any] = {"TargetValue": 333.0, "CustomizedMetricSpecification": {"Metrics": METRICS}}
ARGUMENTS = {
    "cluster": "orders",
    "service": "processor",
    "min": 1,
    "max": 10,
    "policy": "orders-processor",
    "target_tracking": TRACKING,
    "tags": {"project": "orders"},
}
POLICY = {"PolicyName": "orders-processor", "PolicyType": "TargetTrackingScaling"}


def there_is(aws: Aws, limits: tuple[int, int] | None, *tracking: dict[str, Any]) -> None:
    """Prepare the description of a scalable target with these limits, or of none, and of its policies."""
    common = RESOURCE | {"CreationTime": datetime.now(UTC)}
    targets = [common | {"MinCapacity": limits[0], "MaxCapacity": limits[1], "RoleARN": "arn"}] if limits else []
    policies = [
        common | POLICY | {"PolicyARN": "arn", "TargetTrackingScalingPolicyConfiguration": each} for each in tracking
    ]
    asked = {
        "ServiceNamespace": "ecs",
        "ResourceIds": [RESOURCE["ResourceId"]],
        "ScalableDimension": RESOURCE["ScalableDimension"],
    }
    aws[SERVICE].add_response("describe_scalable_targets", {"ScalableTargets": targets}, asked)
    aws[SERVICE].add_response("describe_scaling_policies", {"ScalingPolicies": policies}, RESOURCE)


def expect_written(aws: Aws, **tags: dict[str, str]) -> None:
    aws[SERVICE].add_response("register_scalable_target", {}, {**RESOURCE, "MinCapacity": 1, "MaxCapacity": 10, **tags})
    asked = {**RESOURCE, **POLICY, "TargetTrackingScalingPolicyConfiguration": TRACKING}
    aws[SERVICE].add_response("put_scaling_policy", {"PolicyARN": "arn"}, asked)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list of the pauses between calls, in seconds; none is waited for."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


def test_target_and_policy_are_created(aws: Aws, run_module: RunModule) -> None:
    there_is(aws, None)
    expect_written(aws, Tags={"project": "orders"})

    assert run_module(**ARGUMENTS)["changed"] is True


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "Unable to assume IAM role: arn:aws:iam::123456789012:role/aws-service-role/x"),
        ("ValidationException", "ECS service doesn't exist: service/orders/processor"),
    ],
)
def test_a_target_is_registered_once_aws_knows_what_it_needs(
    aws: Aws, run_module: RunModule, slept: list[float], code: str, message: str
) -> None:
    there_is(aws, None)
    aws[SERVICE].add_client_error("register_scalable_target", code, message)
    expect_written(aws, Tags={"project": "orders"})

    assert run_module(**ARGUMENTS)["changed"] is True
    assert slept == [2]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ObjectNotFoundException", "No scalable target registered"),
        ("FailedResourceAccessException", "User: x is not authorized to perform: cloudwatch:PutMetricAlarm"),
        ("FailedResourceAccessException", "The security token included in the request is invalid"),
        ("FailedResourceAccessException", "Rate exceeded"),
    ],
)
def test_a_policy_is_written_once_aws_knows_what_it_needs(
    aws: Aws, run_module: RunModule, slept: list[float], code: str, message: str
) -> None:
    there_is(aws, None)
    aws[SERVICE].add_response("register_scalable_target", {})
    aws[SERVICE].add_client_error("put_scaling_policy", code, message)
    aws[SERVICE].add_response("put_scaling_policy", {"PolicyARN": "arn"})

    assert run_module(**ARGUMENTS)["changed"] is True
    assert slept == [2]


def test_a_missing_permission_is_reported_at_once(aws: Aws, run_module: RunModule, slept: list[float]) -> None:
    there_is(aws, None)
    message = "User is missing the following permissions: cloudwatch:PutMetricAlarm"
    aws[SERVICE].add_client_error("register_scalable_target", "ValidationException", message)

    assert message in run_module(**ARGUMENTS)["msg"]
    assert slept == []


def test_after_two_minutes_the_error_is_reported(aws: Aws, run_module: RunModule, slept: list[float]) -> None:
    there_is(aws, None)
    for _ in range(16):
        aws[SERVICE].add_client_error("register_scalable_target", "ValidationException", "Unable to assume IAM role")

    assert "Unable to assume IAM role" in run_module(**ARGUMENTS)["msg"]
    assert sum(slept) == pytest.approx(120, abs=10)


def test_other_limits_are_set(aws: Aws, run_module: RunModule) -> None:
    there_is(aws, (1, 4), TRACKING)
    expect_written(aws)

    assert run_module(**ARGUMENTS)["changed"] is True


def test_a_changed_metric_is_written(aws: Aws, run_module: RunModule) -> None:
    other = [METRICS[0], METRICS[1] | {"Expression": "waiting / 3"}]
    there_is(aws, (1, 10), TRACKING | {"CustomizedMetricSpecification": {"Metrics": other}})
    expect_written(aws)

    assert run_module(**ARGUMENTS)["changed"] is True


@pytest.mark.parametrize(
    "live",
    [
        TRACKING,
        TRACKING | {"DisableScaleIn": False},
        TRACKING | {"CustomizedMetricSpecification": {"Metrics": METRICS[::-1]}},
    ],
    ids=["the same", "with a field of AWS", "in another order"],
)
def test_an_unchanged_policy_is_left_alone(aws: Aws, run_module: RunModule, live: dict[str, Any]) -> None:
    there_is(aws, (1, 10), live)

    assert run_module(**ARGUMENTS)["changed"] is False


def test_policies_are_removed_and_then_the_target(aws: Aws, run_module: RunModule) -> None:
    there_is(aws, (1, 10), TRACKING)
    aws[SERVICE].add_response("delete_scaling_policy", {}, {**RESOURCE, "PolicyName": "orders-processor"})
    aws[SERVICE].add_response("deregister_scalable_target", {}, RESOURCE)

    assert run_module(cluster="orders", service="processor", state="absent")["changed"] is True


def test_without_a_target_nothing_is_removed(aws: Aws, run_module: RunModule) -> None:
    there_is(aws, None)

    assert run_module(cluster="orders", service="processor", state="absent")["changed"] is False


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_changes_nothing(aws: Aws, run_module: RunModule, state: str) -> None:
    there_is(aws, (1, 4), TRACKING)

    assert run_module(**ARGUMENTS, state=state, _ansible_check_mode=True)["changed"] is True


@pytest.mark.parametrize(("code", "status"), [("400", 400), ("InternalFailure", 501)])
def test_nothing_is_removed_from_an_emulator_without_the_service(
    aws: Aws, run_module: RunModule, code: str, status: int
) -> None:
    aws[SERVICE].add_client_error("describe_scalable_targets", code, http_status_code=status)

    assert run_module(cluster="orders", service="processor", state="absent")["changed"] is False


@pytest.mark.parametrize(
    ("state", "code", "status"),
    [("absent", "AccessDeniedException", 400), ("absent", "503", 503), ("present", "400", 400)],
)
def test_an_error_names_the_service(aws: Aws, run_module: RunModule, state: str, code: str, status: int) -> None:
    aws[SERVICE].add_client_error("describe_scalable_targets", code, http_status_code=status)

    result = run_module(**ARGUMENTS, state=state)

    assert result["failed"]
    assert "the autoscaling of processor" in result["msg"]
