#!/usr/bin/python
"""The module that makes and removes repositories of ECR."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_repository
short_description: Make or remove ECR repositories
description:
  - A tag in them cannot be moved to another image, and ECR scans each image when it is pushed.
  - M(community.aws.ecs_ecr) calls what it would do in check mode skipped, fails there on a lifecycle policy, and knows
    no tags.
options:
  names:
    description: The names of the repositories.
    type: list
    elements: str
    required: true
  lifecycle_policy:
    description: Which images expire, as ECR defines it. Required unless I(state) is C(absent).
    type: dict
  tags:
    description: The repositories' tags; any others are removed. Required unless I(state) is C(absent).
    type: dict
  state:
    description: Whether there are to be such repositories. Their images are removed with them.
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
  orders.deploy.ecr_repository:
    names: [orders-api]
    lifecycle_policy:
      rules:
        - rulePriority: 1
          selection: {tagStatus: any, countType: imageCountMoreThan, countNumber: 20}
          action: {type: expire}
    tags: {project: orders}

- name: Remove it
  orders.deploy.ecr_repository:
    names: [orders-api]
    state: absent
"""

RETURN = r"""
different:
  description: The names of the repositories that were made, changed or removed, in their order.
  type: list
  elements: str
  returned: always
"""

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
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


def changes(ecr: Client, name: str, policy: dict[str, Any], tags: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Return the calls, with their arguments, that make a repository as it is wanted."""
    named = {"repositoryName": name}
    put_policy = ("put_lifecycle_policy", named | {"lifecyclePolicyText": json.dumps(policy)})
    current = describe(ecr, name)
    if current is None:
        return [("create_repository", named | IMMUTABLE | SCANNED | {"tags": boto3_tags(tags)}), put_policy]

    calls: list[tuple[str, dict[str, Any]]] = []
    if not current.items() >= IMMUTABLE.items():
        calls.append(("put_image_tag_mutability", named | IMMUTABLE))
    if not current.items() >= SCANNED.items():
        calls.append(("put_image_scanning_configuration", named | SCANNED))
    if lifecycle_policy_of(ecr, name) != policy:
        calls.append(put_policy)
    arn = {"resourceArn": current["repositoryArn"]}
    current_tags = boto3_tag_list_to_ansible_dict(ecr.list_tags_for_resource(**arn)["tags"])
    to_set, to_remove = compare_aws_tags(current_tags, tags)
    if to_set:
        calls.append(("tag_resource", arn | {"tags": boto3_tags(to_set)}))
    if to_remove:
        calls.append(("untag_resource", arn | {"tagKeys": to_remove}))
    return calls


def boto3_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as ECR takes them."""
    listed: list[dict[str, str]] = ansible_dict_to_boto3_tag_list(tags, "Key", "Value")
    return listed


def removal(ecr: Client, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the call, with its arguments, that removes a repository; none where there is none."""
    if describe(ecr, name) is None:
        return []
    return [("delete_repository", {"repositoryName": name, "force": True})]


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "lifecycle_policy": {"type": "dict"},
            "tags": {"type": "dict"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("lifecycle_policy", "tags"))],
        supports_check_mode=True,
    )
    wanted = module.params
    ecr = module.client("ecr")
    different = []
    for name in wanted["names"]:
        try:
            if wanted["state"] == "present":
                calls = changes(ecr, name, wanted["lifecycle_policy"], wanted["tags"])
            else:
                calls = removal(ecr, name)
            if not module.check_mode:
                for operation, arguments in calls:
                    getattr(ecr, operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            module.fail_json_aws(error, msg=f"Could not make the repository {name} {wanted['state']}")
        if calls:
            different.append(name)
    module.exit_json(changed=bool(different), different=different)


if __name__ == "__main__":
    main()
