"""The role load_balancer and a target group that ELB still reports as in use, with a stub of ELB."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
        name: "{ROOT}/roles/load_balancer"
        tasks_from: absent
"""
TARGET_GROUP = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/orders/1"


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


def test_a_target_group_that_is_still_in_use_is_removed_later(play: Play) -> None:
    elb = Elb()
    with elb.running():
        variables = json.dumps({"aws_environment": elb.environment})
        status, output = play(PLAYBOOK, f"--inventory={ROOT}/inventories/aws", "--extra-vars", variables)

    assert status == 0, output
    assert "changed=1" in output
    assert "DeleteTargetGroup" not in elb.refusals
