#!/usr/bin/python
"""Manage the autoscaling of an ECS service."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecs_service_autoscaling
short_description: Manage the autoscaling of an ECS service
description:
  - Manages the scalable target of a service in Application Auto Scaling, and one target tracking policy on it.
  - M(community.aws.application_autoscaling_policy) makes changes in check mode, and never removes the scalable target.
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
      - V(absent) removes the scalable target and all policies on it. It succeeds on an emulator without Application
        Auto Scaling.
    type: str
    choices: [present, absent]
    default: present
  min:
    description: The minimum number of tasks. Required if O(state=present).
    type: int
  max:
    description: The maximum number of tasks. Required if O(state=present).
    type: int
  policy:
    description: The name of the policy. Required if O(state=present).
    type: str
  target_tracking:
    description:
      - The TargetTrackingScalingPolicyConfiguration of PutScalingPolicy. Fields that are not given are not compared.
      - Required if O(state=present).
    type: dict
  tags:
    description: The tags of a new scalable target. Those of an existing scalable target are not changed.
    type: dict
    default: {}
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Scale to 1,000 requests a minute for each task
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

- name: Remove the autoscaling
  orders.deploy.ecs_service_autoscaling:
    cluster: orders
    service: api
    state: absent
"""

RETURN = "{}"

from contextlib import suppress
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ansible_collections.orders.deploy.plugins.module_utils.aws import Client, fail_on_aws_error

with suppress(ImportError):  # AnsibleAWSModule reports that botocore is missing
    from botocore.exceptions import ClientError

NOT_IMPLEMENTED = 501
BAD_REQUEST = 400

# Error codes with a part of their message: AWS does not know everywhere yet what was created a moment ago, such as the
# service, its service-linked role (in an account new to autoscaling) or the scalable target. Terraform retries the same
# errors (internal/service/appautoscaling/target.go and policy.go of hashicorp/terraform-provider-aws). Waiting does not
# help with any other ValidationException, such as that of a missing permission.
PASSING = (
    ("ValidationException", "Unable to assume IAM role"),
    ("ValidationException", "ECS service doesn't exist"),
    ("ObjectNotFoundException", ""),
    ("FailedResourceAccessException", "is not authorized to perform"),
    ("FailedResourceAccessException", "token included in the request is invalid"),
    ("FailedResourceAccessException", "Rate exceeded"),
)


class RetryPassing(AWSRetry):  # type: ignore[misc]  # amazon.aws has no types
    """Retry errors by their message, too."""

    @staticmethod
    def status_code_from_exception(error: ClientError) -> str:
        """Return the code and the message of an error."""
        return "{Code}: {Message}".format(**error.response["Error"])

    @staticmethod
    def found(response_code: str, catch_extra_error_codes: object = None) -> bool:
        """Tell whether to retry after an error."""
        code, _, message = response_code.partition(": ")
        return AWSRetry.found(code, catch_extra_error_codes) or any(
            code == passing and part in message for passing, part in PASSING
        )


retry = RetryPassing.exponential_backoff(retries=16, delay=2, backoff=1.5, max_delay=10)  # two minutes, as Terraform


def ordered(value: Any) -> Any:  # noqa: ANN401  # any value of JSON
    """Return a value with all its lists sorted, because AWS does not keep their order."""
    if isinstance(value, dict):
        return {key: ordered(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return sorted((ordered(each) for each in value), key=str)
    return value


def tracks(policy: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether a policy has the wanted configuration. AWS may add fields to it."""
    current = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    return all(key in current and ordered(current[key]) == ordered(value) for key, value in wanted.items())


def is_unknown_service(error: ClientError) -> bool:
    """Tell whether an emulator lacks the service: it answers 501, or 400 without an error code of AWS."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status == NOT_IMPLEMENTED or (status == BAD_REQUEST and error.response["Error"]["Code"] == str(BAD_REQUEST))


class Autoscaling:
    """The autoscaling of a service."""

    def __init__(self, client: Client, parameters: dict[str, Any]) -> None:
        """Read the scalable target and its policies."""
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

    def differs(self) -> bool:
        """Tell whether the autoscaling has to be changed."""
        if self._parameters["state"] == "absent":
            return bool(self._policies or self._target)
        policy = self._policies.get(self._parameters["policy"], {})
        return any(self._target.get(key) != value for key, value in self._limits.items()) or not tracks(
            policy, self._parameters["target_tracking"]
        )

    def write(self) -> None:
        """Register the scalable target and write the policy."""
        tags = {} if self._target else {"Tags": self._parameters["tags"]}
        retry(self._client.register_scalable_target)(**self._resource, **self._limits, **tags)
        retry(self._client.put_scaling_policy)(
            **self._resource,
            PolicyName=self._parameters["policy"],
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=self._parameters["target_tracking"],
        )

    def remove(self) -> None:
        """Remove the policies, and then the scalable target."""
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
    changed = False
    with fail_on_aws_error(module, f"Could not change the autoscaling of {module.params['service']}"):
        try:
            autoscaling = Autoscaling(module.client("application-autoscaling"), module.params)
            changed = autoscaling.differs()
            if changed and not module.check_mode:
                (autoscaling.remove if absent else autoscaling.write)()
        except ClientError as error:
            if not (absent and is_unknown_service(error)):
                raise
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
