"""The role cluster and a cluster whose tasks still stop, with a stub of ECS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import ROOT
from tests.unit.stub_aws import Refusal, StubAws

if TYPE_CHECKING:
    from tests.unit.conftest import Play

PLAYBOOK = f"""
- hosts: localhost
  gather_facts: false
  environment: "{{{{ aws_environment }}}}"
  tasks:
    - include_role:
        name: "{ROOT}/roles/cluster"
        tasks_from: absent
"""


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


@pytest.mark.parametrize("refusal", ["ClusterContainsTasksException", "UpdateInProgressException"])
def test_a_cluster_with_tasks_that_stop_is_removed_later(play: Play, refusal: str) -> None:
    status, output = remove(play, Ecs([refusal] * 2))

    assert status == 0, output
    assert "changed=1" in output


def test_another_refusal_fails_at_once(play: Play) -> None:
    ecs = Ecs(["AccessDeniedException"] * 2)

    status, output = remove(play, ecs)

    assert status != 0
    assert "AccessDeniedException" in output
    assert len(ecs.refusals) == 1


def remove(play: Play, ecs: Ecs) -> tuple[int, str]:
    with ecs.running():
        variables = json.dumps({"aws_environment": ecs.environment})
        return play(PLAYBOOK, f"--inventory={ROOT}/inventories/aws", "--extra-vars", variables)
