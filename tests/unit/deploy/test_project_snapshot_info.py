from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Aws

ROLE = "arn:aws:iam::000000000000:role/orders-api"


def test_what_changes_by_itself_is_left_out_and_lists_are_sorted(source: ModuleType) -> None:
    described = {
        "Tags": [{"Key": "b"}, {"Key": "a"}],
        "Attributes": {"ApproximateNumberOfMessages": "7", "VisibilityTimeout": "30"},
        "created": datetime(2026, 1, 1, tzinfo=UTC),
    }

    assert source.stable(described) == {
        "Attributes": {"VisibilityTimeout": "30"},
        "Tags": [{"Key": "a"}, {"Key": "b"}],
        "created": "2026-01-01 00:00:00+00:00",
    }


def test_each_entry_of_a_list_is_described(source: ModuleType, aws: Aws) -> None:
    iam = aws["iam"]
    iam.add_response("list_role_policies", {"PolicyNames": ["run", "exec"]}, {"RoleName": "orders-api"})
    for name in ("run", "exec"):
        answer = {"RoleName": "orders-api", "PolicyName": name, "PolicyDocument": "{}"}
        iam.add_response("get_role_policy", answer, {"RoleName": "orders-api", "PolicyName": name})
    call = source.CALLS["roles"][-1]

    found: dict[str, Any] = source.describe(iam.client, call, {"identifier": ROLE, "name": "orders-api"})

    assert [each["PolicyName"] for each in found["each"]] == ["run", "exec"]


def test_a_repository_needs_no_lifecycle_policy(source: ModuleType, aws: Aws) -> None:
    ecr = aws["ecr"]
    ecr.add_client_error("get_lifecycle_policy", "LifecyclePolicyNotFoundException")

    assert source.describe(ecr.client, source.CALLS["repositories"][0], {"name": "orders-api"}) == {}


def test_a_log_group_that_aws_creates_later_is_left_out(source: ModuleType, aws: Aws) -> None:
    logs = aws["logs"]
    names = ["/aws/ecs/containerinsights/orders/performance", "/ecs/orders/api"]
    logs.add_response("describe_log_groups", {"logGroups": [{"logGroupName": name} for name in names]})
    logs.add_response("list_tags_log_group", {"tags": {}}, {"logGroupName": "/ecs/orders/api"})

    assert list(source.snapshot(logs.client, "log_groups", source.Project("orders", "us-west-2"))) == [
        "/ecs/orders/api"
    ]


def test_the_scaling_of_other_clusters_is_left_out(source: ModuleType, aws: Aws) -> None:
    scaling = aws["application-autoscaling"]
    target = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
        "RoleARN": ROLE,
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    }
    targets = [{**target, "ResourceId": f"service/{cluster}/api"} for cluster in ("orders", "orders-staging")]
    scaling.add_response("describe_scalable_targets", {"ScalableTargets": targets})
    scaling.add_response("describe_scaling_policies", {"ScalingPolicies": []})

    assert list(source.scaling(scaling.client, {"orders"})) == ["service/orders/api"]
