#!/usr/bin/python
"""Get the credentials for a Docker login to ECR."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_login_info
short_description: Get the credentials for a Docker login to ECR
description:
  - The password is valid for twelve hours. Set C(no_log) on this task, and on every task that uses the password.
  - No module of amazon.aws or community.aws gets this password.
options: {}
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Get the credentials of the registry
  orders.deploy.ecr_login_info:
  register: login
  no_log: true
"""

RETURN = r"""
username:
  description: The user name, always V(AWS).
  type: str
  returned: always
password:
  description: The password.
  type: str
  returned: always
"""

import base64

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import fail_on_aws_error


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec={}, supports_check_mode=True)
    with fail_on_aws_error(module, "Could not get the credentials for ECR"):
        answer = module.client("ecr").get_authorization_token()
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    username, password = token.split(":", 1)
    module.exit_json(changed=False, username=username, password=password)


if __name__ == "__main__":
    main()
