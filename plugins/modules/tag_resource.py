#!/usr/bin/python
"""The module that tags a resource by its ARN."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tag_resource
short_description: Tag a resource of ECR or ECS
description:
  - For repositories, clusters and task definitions, which the modules that make them do not tag. Each service is asked
    itself, as the Resource Groups Tagging API learns of tags with a delay.
  - In check mode, a resource that does not exist yet has no tags.
options:
  arn:
    description: The ARN of the resource.
    type: str
    required: true
  tags:
    description: The resource's tags; any others are removed.
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Tag the repository
  tag_resource:
    arn: arn:aws:ecr:us-west-2:000000000000:repository/orders-api
    tags: {project: orders}
"""

RETURN = r"""
set:
  description: The names of the tags that were set, sorted.
  type: list
  elements: str
  returned: always
removed:
  description: The names of the tags that were removed, sorted.
  type: list
  elements: str
  returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from botocore.exceptions import BotoCoreError, ClientError

# What each service calls the two halves of a tag.
NAMES = {"ecr": ("Key", "Value"), "ecs": ("key", "value")}
NOT_THERE = ["RepositoryNotFoundException", "ClusterNotFoundException"]


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"arn": {"type": "str", "required": True}, "tags": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    arn = module.params["arn"]
    service = f"{arn}::".split(":")[2]
    if service not in NAMES:
        module.fail_json(msg=f"{arn} is no resource of {' or '.join(NAMES)}")
    client = module.client(service)
    try:
        try:
            answer = client.list_tags_for_resource(resourceArn=arn)
        except is_boto3_error_code(NOT_THERE):
            if not module.check_mode:
                raise
            answer = {"tags": []}
        current = boto3_tag_list_to_ansible_dict(answer.get("tags", []))
        to_set, to_remove = compare_aws_tags(current, module.params["tags"])
        if to_set and not module.check_mode:
            client.tag_resource(resourceArn=arn, tags=ansible_dict_to_boto3_tag_list(to_set, *NAMES[service]))
        if to_remove and not module.check_mode:
            client.untag_resource(resourceArn=arn, tagKeys=to_remove)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not tag {arn}")
    module.exit_json(changed=bool(to_set or to_remove), set=sorted(to_set), removed=sorted(to_remove))


if __name__ == "__main__":
    main()
