#!/usr/bin/python
"""The module that asks ECR for an image."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_image_info
short_description: Ask ECR whether it has an image
description:
  - Looks for one tag in one repository. A repository that does not exist has no image.
options:
  repository:
    description: The name of the repository.
    type: str
    required: true
  tag:
    description: The tag to look for.
    type: str
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Look for the image
  orders.deploy.ecr_image_info:
    repository: orders-api
    tag: 0123456789abcdef
"""

RETURN = r"""
exists:
  description: Whether there is such an image.
  type: bool
  returned: always
digest:
  description: The digest of its manifest; empty where there is none.
  type: str
  returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"repository": {"type": "str", "required": True}, "tag": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    image = {"imageTag": module.params["tag"]}
    try:
        answer = module.client("ecr").batch_get_image(repositoryName=module.params["repository"], imageIds=[image])
    except is_boto3_error_code("RepositoryNotFoundException"):
        answer = {"images": []}
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not ask ECR for {module.params['repository']}:{module.params['tag']}")
    found = answer["images"]
    module.exit_json(changed=False, exists=bool(found), digest=found[0]["imageId"]["imageDigest"] if found else "")


if __name__ == "__main__":
    main()
