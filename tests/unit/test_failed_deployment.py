"""The role service and a deployment that ECS gave up on, with a stub of ECS."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import ROOT
from tests.unit.stub_aws import StubAws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.conftest import Play

ARN = "arn:aws:ecs:us-west-2:123456789012"
TAGS = {"project": "orders", "environment": "aws", "managed-by": "ansible"}
PLAYBOOK = f"""
- hosts: localhost
  gather_facts: false
  environment: "{{{{ aws_environment }}}}"
  tasks:
    - include_role:
        name: "{ROOT}/roles/service"
        tasks_from: ecs_service
      vars:
        service_name: processor
        service_definition: "{{{{ services.processor }}}}"
        service_cluster_name: orders
        service_task_definition: orders-processor:1
        service_subnet_ids: [subnet-1]
        service_security_group_id: sg-1
        service_target_group_arn: ""
        service_start_timeout_seconds: 10
"""


def deployment(name: str, status: str, state: str) -> dict[str, Any]:
    return {"id": f"ecs-svc/{name}", "status": status, "rolloutState": state}


class Ecs(StubAws):
    """ECS with one service, which gave up on its first deployment and succeeds with another one."""

    def __init__(self) -> None:
        super().__init__()
        self.deployments = [deployment("first", "PRIMARY", "FAILED")]
        self.succeeds = True
        self.forced = 0

    def service(self) -> dict[str, Any]:
        return {
            "serviceArn": f"{ARN}:service/orders/processor",
            "serviceName": "processor",
            "clusterArn": f"{ARN}:cluster/orders",
            "status": "ACTIVE",
            "desiredCount": 1,
            "runningCount": int(self.deployments[0]["rolloutState"] == "COMPLETED"),
            "taskDefinition": f"{ARN}:task-definition/orders-processor:1",
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 100, "base": 0}],
            "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"},
            "deploymentConfiguration": {
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            },
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-1"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": "DISABLED",
                }
            },
            "deployments": self.deployments,
            "loadBalancers": [],
            "serviceRegistries": [],
            "events": [{"id": "1", "createdAt": time.time(), "message": "no image"}],
            "propagateTags": "SERVICE",
            "enableExecuteCommand": False,
            "tags": [{"key": key, "value": value} for key, value in TAGS.items()],
        }

    def advance(self) -> None:
        """End a deployment in progress, after it was reported once beside the failed one."""
        if self.deployments[0]["rolloutState"] == "IN_PROGRESS":
            if self.succeeds:
                self.deployments = [deployment("forced", "PRIMARY", "COMPLETED")]
            else:
                self.deployments = [deployment("forced", "PRIMARY", "FAILED")]

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "UpdateService":
            if request.get("forceNewDeployment"):
                self.forced += 1
                old = [{**each, "status": "ACTIVE"} for each in self.deployments]
                self.deployments = [deployment("forced", "PRIMARY", "IN_PROGRESS"), *old]
            return {"service": self.service()}
        if operation == "DescribeServices":
            described = self.service()
            self.advance()
            return {"services": [described], "failures": []}
        return {"ListTagsForResource": {"tags": self.service()["tags"]}, "ListTasks": {"taskArns": []}}[operation]


@pytest.fixture
def ecs() -> Iterator[Ecs]:
    server = Ecs()
    with server.running():
        yield server


def run(play: Play, ecs: Ecs, *arguments: str) -> tuple[int, str]:
    variables = json.dumps({"aws_environment": ecs.environment})
    return play(PLAYBOOK, f"--inventory={ROOT}/inventories/aws", "--extra-vars", variables, *arguments)


def test_a_failed_deployment_is_repaired_by_a_new_one(play: Play, ecs: Ecs) -> None:
    status, output = run(play, ecs)

    assert status == 0, output
    assert ecs.forced == 1


def test_a_deployment_that_fails_again_is_reported(play: Play, ecs: Ecs) -> None:
    ecs.succeeds = False

    status, output = run(play, ecs)

    assert status == 2
    assert "orders-processor:1 was not deployed: ECS gave up on it" in output


def test_a_completed_deployment_is_left_alone(play: Play, ecs: Ecs) -> None:
    ecs.deployments = [deployment("first", "PRIMARY", "COMPLETED")]

    status, output = run(play, ecs)

    assert status == 0, output
    assert "changed=0" in output
