#!/usr/bin/python
"""The module that sets attributes of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: elb_load_balancer_attributes
short_description: Set attributes of a load balancer
description:
  - M(amazon.aws.elb_application_lb) fails if AWS, or an emulator of it, does not return an attribute that it compares.
  - In check mode, a load balancer that does not exist yet has none of the attributes.
options:
  name:
    description: The name of the load balancer.
    type: str
    required: true
  attributes:
    description: The attributes and their values, named as in the API of Elastic Load Balancing. Others stay the same.
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Drop invalid headers
  orders.deploy.elb_load_balancer_attributes:
    name: orders
    attributes:
      routing.http.drop_invalid_header_fields.enabled: "true"
"""

RETURN = r"""
set:
  description: The attributes that were set to another value, sorted by name.
  type: list
  returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError


def find(client: Any, name: str, *, check_mode: bool) -> str | None:  # noqa: ANN401  # botocore creates its classes at runtime
    """Return the ARN of the load balancer, or None if it does not exist in check mode."""
    try:
        arn: str = client.describe_load_balancers(Names=[name])["LoadBalancers"][0]["LoadBalancerArn"]
    except is_boto3_error_code("LoadBalancerNotFound"):
        if not check_mode:
            raise
        return None
    return arn


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "attributes": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    wanted = {name: str(value) for name, value in module.params["attributes"].items()}
    client = module.client("elbv2")
    try:
        arn = find(client, module.params["name"], check_mode=module.check_mode)
        found = client.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"] if arn else []
        current = {each["Key"]: each["Value"] for each in found}
        different = {name: value for name, value in sorted(wanted.items()) if current.get(name) != value}
        if different and not module.check_mode:
            attributes = [{"Key": name, "Value": value} for name, value in different.items()]
            client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not set attributes of {module.params['name']}")
    module.exit_json(changed=bool(different), set=list(different))


if __name__ == "__main__":
    main()
