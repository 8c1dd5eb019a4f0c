#!/usr/bin/python
"""The module that makes and removes a repository of ECR."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_repository
short_description: Make or remove an ECR repository
description:
  - A tag in it cannot be moved to another image, and ECR scans each image when it is pushed.
  - M(community.aws.ecs_ecr) calls what it would do in check mode skipped, and fails there on a lifecycle policy.
options:
  name:
    description: The name of the repository.
    type: str
    required: true
  lifecycle_policy:
    description: Which images expire, as ECR defines it. Required unless I(state) is C(absent).
    type: dict
  state:
    description: Whether there is to be such a repository. Its images are removed with it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Make the repository
  ecr_repository:
    name: orders-api
    lifecycle_policy:
      rules:
        - rulePriority: 1
          selection: {tagStatus: any, countType: imageCountMoreThan, countNumber: 20}
          action: {type: expire}

- name: Remove it
  ecr_repository:
    name: orders-api
    state: absent
"""

RETURN = r"""
existed:
  description: Whether there was such a repository before.
  type: bool
  returned: always
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

Client = Any  # botocore makes its classes as it runs

IMMUTABLE = {"imageTagMutability": "IMMUTABLE"}
SCANNED = {"imageScanningConfiguration": {"scanOnPush": True}}


def describe(ecr: Client, name: str) -> dict[str, Any] | None:
    """Return what ECR says about a repository; None where there is no such repository."""
    try:
        found: dict[str, Any] = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    except is_boto3_error_code("RepositoryNotFoundException"):
        return None
    return found


def lifecycle_policy_of(ecr: Client, name: str) -> dict[str, Any] | None:
    """Return the lifecycle policy of a repository; None where it has none."""
    try:
        policy: dict[str, Any] = json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
    except is_boto3_error_code("LifecyclePolicyNotFoundException"):
        return None
    return policy


def make(ecr: Client, name: str, policy: dict[str, Any], current: dict[str, Any] | None, *, check_mode: bool) -> bool:
    """Make a repository or change what differs about it, and tell whether anything does; in check mode, only tell."""
    changes: list[tuple[str, dict[str, Any]]] = []
    if current is None:
        changes.append(("create_repository", IMMUTABLE | SCANNED))
    else:
        if not current.items() >= IMMUTABLE.items():
            changes.append(("put_image_tag_mutability", IMMUTABLE))
        if not current.items() >= SCANNED.items():
            changes.append(("put_image_scanning_configuration", SCANNED))
    if current is None or lifecycle_policy_of(ecr, name) != policy:
        changes.append(("put_lifecycle_policy", {"lifecyclePolicyText": json.dumps(policy)}))

    if not check_mode:
        for operation, arguments in changes:
            getattr(ecr, operation)(repositoryName=name, **arguments)
    return bool(changes)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "lifecycle_policy": {"type": "dict"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("lifecycle_policy",))],
        supports_check_mode=True,
    )
    name = module.params["name"]
    ecr = module.client("ecr")
    try:
        current = describe(ecr, name)
        if module.params["state"] == "present":
            changed = make(ecr, name, module.params["lifecycle_policy"], current, check_mode=module.check_mode)
        else:
            changed = current is not None
            if changed and not module.check_mode:
                ecr.delete_repository(repositoryName=name, force=True)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not make the repository {name} {module.params['state']}")
    module.exit_json(changed=changed, existed=current is not None)


if __name__ == "__main__":
    main()
