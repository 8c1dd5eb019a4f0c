#!/usr/bin/python
"""The module that calls AWS, and compares the answers with what they should be."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: aws_calls
short_description: Call AWS, and compare the answers with what they should be
description:
  - Calls through the SDK, and so knows nothing of what a role or another module believes. Names every difference.
options:
  calls:
    description:
      - C(call) is a service and its operation, such as C(sqs.get_queue_attributes); C(with) are its arguments.
      - C(pick) is the part of the answer that counts, in JMESPath. In it, a text that is a JSON document counts as
        that document. What begins with C(Error) is of the refusal that is expected of AWS.
      - C(is) is what that part has to be; C(anything), where it is left out.
    type: list
    elements: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: See how long an order stays hidden
  aws_calls:
    calls:
      - call: sqs.get_queue_attributes
        with: {QueueUrl: "{{ messaging.queue_url }}", AttributeNames: [All]}
        pick: Attributes.VisibilityTimeout
        is: "30"
"""

RETURN = r"""
answers:
  description: The picked part of each answer.
  type: list
  returned: always
"""

import json
from typing import Any

import jmespath
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

ANYTHING = "anything"


def plain(value: Any) -> Any:  # noqa: ANN401  # anything that AWS answers
    """Return an answer as JSON has it: dates as texts, and texts that are JSON documents as these."""
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
    for asked in module.params["calls"]:
        call, pick, wanted = asked["call"], asked["pick"], asked["is"]
        service, _, operation = call.partition(".")
        try:
            answer = plain(getattr(module.client(service), operation)(**asked["with"]))
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
        module.fail_json(msg="AWS says otherwise:\n" + "\n".join(differences), answers=answers)
    module.exit_json(changed=False, answers=answers)


if __name__ == "__main__":
    main()
