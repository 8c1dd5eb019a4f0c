#!/usr/bin/python
"""The module that gets a password for ECR."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ecr_login_info
short_description: Get the user and the password with which Docker logs in to ECR
description:
  - The password is good for twelve hours. Use no_log with this module, and with whatever takes its result.
options: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Get a password
  orders.deploy.ecr_login_info:
  register: login
  no_log: true
"""

RETURN = r"""
username:
  description: The user, always AWS.
  type: str
  returned: always
password:
  description: The password.
  type: str
  returned: always
"""

import base64

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(argument_spec={}, supports_check_mode=True)
    try:
        answer = module.client("ecr").get_authorization_token()
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg="Could not get a password for ECR")
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    username, _, password = token.partition(":")
    module.exit_json(changed=False, username=username, password=password)


if __name__ == "__main__":
    main()
