#!/usr/bin/python
"""The module that lets AWS choose how many tasks of a service run."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_service_autoscaling
short_description: Let AWS choose how many tasks of an ECS service run
description:
  - Owns the scalable target of one service, and one target tracking policy on it.
  - C(community.aws.application_autoscaling_policy) acts in check mode, and never removes the scalable target.
options:
  cluster:
    description: The name of the cluster.
    type: str
    required: true
  service:
    description: The name of the service.
    type: str
    required: true
  state:
    description:
      - C(absent) removes the scalable target with all policies on it. Where an endpoint does not know Application Auto
        Scaling at all, there is nothing to remove.
    type: str
    choices: [present, absent]
    default: present
  min:
    description: How many tasks run at least.
    type: int
  max:
    description: How many tasks run at most.
    type: int
  policy:
    description: The name of the policy.
    type: str
  target_tracking:
    description: What the policy tracks, as PutScalingPolicy takes it. What is not named here is not compared.
    type: dict
  tags:
    description: The tags of the scalable target. It gets them when it is made; later changes do not reach it.
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Keep 1,000 requests a minute for each task
  orders.deploy.ecs_service_autoscaling:
    cluster: orders
    service: api
    min: 1
    max: 4
    policy: orders-api
    target_tracking:
      TargetValue: 1000
      PredefinedMetricSpecification:
        PredefinedMetricType: ALBRequestCountPerTarget
        ResourceLabel: app/orders/50dc6c495c0c9188/targetgroup/orders/73e2d6bc24d8a067

- name: Leave the number of tasks alone
  orders.deploy.ecs_service_autoscaling:
    cluster: orders
    service: api
    state: absent
"""

RETURN = r"""
differences:
  description: What was not as it should be, or would have been changed in check mode.
  type: list
  elements: str
  returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry
from botocore.exceptions import BotoCoreError, ClientError

NOT_IMPLEMENTED = 501
BAD_REQUEST = 400

# AWS may not know a scalable target yet that it has just registered.
patiently = AWSRetry.jittered_backoff(retries=5, delay=2, catch_extra_error_codes=["ObjectNotFoundException"])


def ordered(value: Any) -> Any:  # noqa: ANN401  # anything that JSON can say
    """Return a value with all its lists sorted: AWS takes them for sets."""
    if isinstance(value, dict):
        return {key: ordered(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return sorted((ordered(each) for each in value), key=str)
    return value


def tracks(policy: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether a policy tracks all that is wanted. AWS may add fields of its own."""
    live = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    return all(key in live and ordered(live[key]) == ordered(value) for key, value in wanted.items())


def unknown_service(error: Exception) -> bool:
    """Tell whether the endpoint does not know the whole service: it says so, or answers with no error code of AWS."""
    if not isinstance(error, ClientError):
        return False
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == NOT_IMPLEMENTED or (status == BAD_REQUEST and error.response["Error"]["Code"] == str(BAD_REQUEST))


class Scaling:
    """The scaling of one service: what there is, and what it takes to change it."""

    def __init__(self, client: Any, parameters: dict[str, Any]) -> None:  # noqa: ANN401  # botocore makes its classes as it runs
        """Ask for what there is."""
        self._client = client
        self._parameters = parameters
        self._resource = {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/{parameters['cluster']}/{parameters['service']}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        self._limits = {"MinCapacity": parameters["min"], "MaxCapacity": parameters["max"]}
        targets = client.describe_scalable_targets(
            ServiceNamespace="ecs",
            ResourceIds=[self._resource["ResourceId"]],
            ScalableDimension=self._resource["ScalableDimension"],
        )["ScalableTargets"]
        self._target = targets[0] if targets else {}
        policies = client.describe_scaling_policies(**self._resource)["ScalingPolicies"]
        self._policies = {policy["PolicyName"]: policy for policy in policies}

    def differences(self) -> list[str]:
        """Say what is not as it should be."""
        if self._parameters["state"] == "absent":
            return [f"policy {name}" for name in self._policies] + ["scalable target"] * bool(self._target)
        found = []
        if any(self._target.get(key) != value for key, value in self._limits.items()):
            found.append("scalable target")
        policy = self._policies.get(self._parameters["policy"], {})
        if not tracks(policy, self._parameters["target_tracking"]):
            found.append(f"policy {self._parameters['policy']}")
        return found

    def make(self) -> None:
        """Register the target and write the policy."""
        tags = {} if self._target else {"Tags": self._parameters["tags"]}
        self._client.register_scalable_target(**self._resource, **self._limits, **tags)
        patiently(self._client.put_scaling_policy)(
            **self._resource,
            PolicyName=self._parameters["policy"],
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=self._parameters["target_tracking"],
        )

    def remove(self) -> None:
        """Remove the policies, and then the target."""
        for name in self._policies:
            self._client.delete_scaling_policy(**self._resource, PolicyName=name)
        if self._target:
            self._client.deregister_scalable_target(**self._resource)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "cluster": {"type": "str", "required": True},
            "service": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "min": {"type": "int"},
            "max": {"type": "int"},
            "policy": {"type": "str"},
            "target_tracking": {"type": "dict"},
            "tags": {"type": "dict", "default": {}},
        },
        required_if=[("state", "present", ("min", "max", "policy", "target_tracking"))],
        supports_check_mode=True,
    )
    absent = module.params["state"] == "absent"
    differences: list[str] = []
    try:
        scaling = Scaling(module.client("application-autoscaling"), module.params)
        differences = scaling.differences()
        if differences and not module.check_mode:
            (scaling.remove if absent else scaling.make)()
    except (BotoCoreError, ClientError) as error:
        if not (absent and unknown_service(error)):
            module.fail_json_aws(error, msg=f"Could not change how {module.params['service']} scales")
    module.exit_json(changed=bool(differences), differences=differences)


if __name__ == "__main__":
    main()
