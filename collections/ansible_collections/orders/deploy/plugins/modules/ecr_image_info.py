#!/usr/bin/python
"""Look up an image in ECR."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_image_info
short_description: Look up an image in ECR
description:
  - Tells whether a tag exists in an image repository. A repository that does not exist has no images.
  - No module of amazon.aws or community.aws looks up images.
options:
  repository:
    description: The name of the image repository.
    type: str
    required: true
  tag:
    description: The tag of the image.
    type: str
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Look up the image
  orders.deploy.ecr_image_info:
    repository: orders-api
    tag: 0123456789abcdef
"""

RETURN = r"""
exists:
  description: Whether the image exists.
  type: bool
  returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Client, fail_on_aws_error


def exists(ecr: Client, repository: str, tag: str) -> bool:
    """Tell whether an image repository has an image with this tag."""
    try:
        answer = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except is_boto3_error_code("RepositoryNotFoundException"):
        return False
    return bool(answer["images"])


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"repository": {"type": "str", "required": True}, "tag": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    repository, tag = module.params["repository"], module.params["tag"]
    with fail_on_aws_error(module, f"Could not look up the image {repository}:{tag}"):
        found = exists(module.client("ecr"), repository, tag)
    module.exit_json(changed=False, exists=found)


if __name__ == "__main__":
    main()
