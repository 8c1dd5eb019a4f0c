#!/usr/bin/python
"""Manage ECR image repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_repository
short_description: Manage ECR image repositories
description:
  - The tags of their images are immutable, and ECR scans each image when it is pushed.
  - Unlike M(community.aws.ecs_ecr), it sets tags, and reports in check mode what it would change.
options:
  names:
    description: The names of the image repositories.
    type: list
    elements: str
    required: true
  lifecycle_policy:
    description: The lifecycle policy, as ECR defines it. Required if O(state=present).
    type: dict
  tags:
    description: The tags of the image repositories. Other tags are removed. Required if O(state=present).
    type: dict
  state:
    description: Whether the image repositories exist. They are removed with their images.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create the image repository
  orders.deploy.ecr_repository:
    names: [orders-api]
    lifecycle_policy:
      rules:
        - rulePriority: 1
          selection: {tagStatus: any, countType: imageCountMoreThan, countNumber: 20}
          action: {type: expire}
    tags: {project: orders}

- name: Remove the image repository
  orders.deploy.ecr_repository:
    names: [orders-api]
    state: absent
"""

RETURN = "{}"

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send
from ansible_collections.orders.deploy.plugins.module_utils.tagging import tag_calls

IMMUTABLE = {"imageTagMutability": "IMMUTABLE"}
SCANNED = {"imageScanningConfiguration": {"scanOnPush": True}}


def describe(ecr: Client, name: str) -> dict[str, Any] | None:
    """Return the description of an image repository; None if it does not exist."""
    try:
        found: dict[str, Any] = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    except is_boto3_error_code("RepositoryNotFoundException"):
        return None
    return found


def read_lifecycle_policy(ecr: Client, name: str) -> dict[str, Any] | None:
    """Return the lifecycle policy of an image repository; None if it has none."""
    try:
        policy: dict[str, Any] = json.loads(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])
    except is_boto3_error_code("LifecyclePolicyNotFoundException"):
        return None
    return policy


def changes(ecr: Client, name: str, policy: dict[str, Any], tags: dict[str, str]) -> list[Call]:
    """Return the calls that create or update an image repository."""
    named = {"repositoryName": name}
    put_policy = Call("put_lifecycle_policy", named | {"lifecyclePolicyText": json.dumps(policy)})
    current = describe(ecr, name)
    if current is None:
        listed = {"tags": ansible_dict_to_boto3_tag_list(tags)}
        return [Call("create_repository", named | IMMUTABLE | SCANNED | listed), put_policy]

    calls = []
    if not current.items() >= IMMUTABLE.items():
        calls.append(Call("put_image_tag_mutability", named | IMMUTABLE))
    if not current.items() >= SCANNED.items():
        calls.append(Call("put_image_scanning_configuration", named | SCANNED))
    if read_lifecycle_policy(ecr, name) != policy:
        calls.append(put_policy)
    resource = {"resourceArn": current["repositoryArn"]}
    return calls + tag_calls(resource, ecr.list_tags_for_resource(**resource)["tags"], tags)


def removal(ecr: Client, name: str) -> list[Call]:
    """Return the call that removes an image repository, if it exists."""
    if describe(ecr, name) is None:
        return []
    return [Call("delete_repository", {"repositoryName": name, "force": True})]


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
    changed = False
    for name in wanted["names"]:
        with fail_on_aws_error(module, f"Could not change the image repository {name}"):
            if wanted["state"] == "present":
                calls = changes(ecr, name, wanted["lifecycle_policy"], wanted["tags"])
            else:
                calls = removal(ecr, name)
            send(module, ecr, calls)
        changed |= bool(calls)
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
