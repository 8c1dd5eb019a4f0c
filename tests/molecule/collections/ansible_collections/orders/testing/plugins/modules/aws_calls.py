#!/usr/bin/python
"""Call AWS and compare the answers with expected values."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_calls
short_description: Call AWS and compare the answers with expected values
description:
  - Calls the SDK itself, so that it depends on no role and no other module. Reports all differences.
options:
  calls:
    description:
      - C(call) is a service and its operation, such as V(sqs.get_queue_attributes), and C(with) are its arguments.
      - C(pick) is a JMESPath expression for a part of the answer. A text that holds a JSON object or array is decoded
        first. An expression that begins with V(Error) expects AWS to refuse the call.
      - C(is) is the expected value of that part. By default, any value is accepted.
    type: list
    elements: dict
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system
"""

EXAMPLES = r"""
- name: Check the visibility timeout of the queue
  orders.testing.aws_calls:
    calls:
      - call: sqs.get_queue_attributes
        with: {QueueUrl: "{{ messaging.queue_url }}", AttributeNames: [All]}
        pick: Attributes.VisibilityTimeout
        is: "30"
"""

RETURN = r"""
answers:
  description: The part of each answer that C(pick) selects.
  type: list
  returned: always
"""

import json
from typing import Any

import jmespath
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

ANYTHING = "anything"


def plain(value: Any) -> Any:  # noqa: ANN401  # any value in an answer
    """Return an answer with dates as texts, and with texts that hold a JSON object or array decoded."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def main() -> None:
    """Run the module."""
    spec = {
        "call": {"type": "str", "required": True},
        "with": {"type": "dict", "default": {}},
        "pick": {"type": "str", "required": True},
        "is": {"type": "raw", "default": ANYTHING},
    }
    module = AnsibleAWSModule(
        argument_spec={"calls": {"type": "list", "elements": "dict", "required": True, "options": spec}},
        supports_check_mode=True,
    )
    answers = []
    differences = []
    for each in module.params["calls"]:
        call, pick, wanted = each["call"], each["pick"], each["is"]
        service, _, operation = call.partition(".")
        try:
            answer = plain(getattr(module.client(service), operation)(**each["with"]))
        except BotoCoreError as error:
            module.fail_json_aws(error, msg=f"Could not call {call}")
        except ClientError as error:
            if not pick.startswith("Error"):
                module.fail_json_aws(error, msg=f"Could not call {call}")
            answer = error.response
        answers.append(jmespath.search(pick, answer))
        if wanted not in (ANYTHING, answers[-1]):
            differences.append(f"{call} {pick}: {json.dumps(answers[-1])} is not {json.dumps(wanted)}")
    if differences:
        module.fail_json(msg="AWS answers differently:\n" + "\n".join(differences), answers=answers)
    module.exit_json(changed=False, answers=answers)


if __name__ == "__main__":
    main()
