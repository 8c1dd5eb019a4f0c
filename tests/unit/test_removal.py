"""What AWS refuses to remove for a while is removed later, with stubs of ECS and ELB."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import ROOT
from tests.unit.stub_aws import Refusal, StubAws

if TYPE_CHECKING:
    from tests.unit.conftest import Play

TARGET_GROUP = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/orders/1"


class Ecs(StubAws):
    """ECS with a cluster, which it refuses to delete as often as there are ``refusals``."""

    def __init__(self, refusals: list[str]) -> None:
        super().__init__()
        self.refusals = refusals

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        del request
        cluster = {"clusterName": "orders", "clusterArn": "arn:aws:ecs:us-west-2:1:cluster/orders", "status": "ACTIVE"}
        if operation == "DeleteCluster" and self.refusals:
            raise Refusal(self.refusals.pop(0))
        answers: dict[str, dict[str, Any]] = {
            "DescribeClusters": {"clusters": [cluster], "failures": []},
            "DeleteCluster": {"cluster": cluster},
            "DescribeLogGroups": {"logGroups": []},
        }
        return answers[operation]


class Elb(StubAws):
    """ELB with a target group, whose listener was removed a moment ago, and no load balancer."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = {"DescribeLoadBalancers": "LoadBalancerNotFound", "DeleteTargetGroup": "ResourceInUse"}

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        del request
        if operation == "DescribeLoadBalancers":
            raise Refusal(self.refusals[operation])
        if operation in self.refusals:
            raise Refusal(self.refusals.pop(operation))
        group = f"<TargetGroupArn>{TARGET_GROUP}</TargetGroupArn><TargetGroupName>orders</TargetGroupName>"
        groups = f"<TargetGroups><member>{group}</member></TargetGroups>"
        return {"Result": f"<{operation}Result>{groups}</{operation}Result>"}


def remove(play: Play, role: str, aws: StubAws) -> tuple[int, str]:
    tasks = [{"include_role": {"name": f"{ROOT}/roles/{role}", "tasks_from": "absent"}}]
    playbook = [{"hosts": "localhost", "gather_facts": False, "environment": "{{ aws_environment }}", "tasks": tasks}]
    with aws.running():
        variables = json.dumps({"aws_environment": aws.environment})
        return play(json.dumps(playbook), f"--inventory={ROOT}/inventories/aws", "--extra-vars", variables)


@pytest.mark.parametrize("refusal", ["ClusterContainsTasksException", "UpdateInProgressException"])
def test_a_cluster_with_tasks_that_stop_is_removed_later(play: Play, refusal: str) -> None:
    status, output = remove(play, "cluster", Ecs([refusal]))

    assert status == 0, output
    assert "changed=1" in output


def test_another_refusal_fails_at_once(play: Play) -> None:
    ecs = Ecs(["AccessDeniedException"] * 2)

    status, output = remove(play, "cluster", ecs)

    assert status != 0
    assert "AccessDeniedException" in output
    assert len(ecs.refusals) == 1


def test_a_target_group_that_is_still_in_use_is_removed_later(play: Play) -> None:
    elb = Elb()

    status, output = remove(play, "load_balancer", elb)

    assert status == 0, output
    assert "changed=1" in output
    assert "DeleteTargetGroup" not in elb.refusals
