#!/usr/bin/python
"""The module that owns all alarms of a project."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_alarms
short_description: Own all CloudWatch alarms of a project
description:
  - After it, a project has these alarms and no others. Its alarms are those whose names begin with the project's, and
    whose tag C(project) names it.
  - C(amazon.aws.cloudwatch_metric_alarm) cannot tell whether an alarm on metric math has changed, and sets no tags.
  - The tag C(definition), a digest of an alarm, tells whether it is as it should be, also where a service does not
    describe all fields. Values that it describes are compared as well, so that changes by hand are found.
options:
  project:
    description: The name of the project. It begins the name of each alarm.
    type: str
    required: true
  alarms:
    description:
      - A table of alarms. The key is the alarm's name without the project's, the value what PutMetricAlarm takes.
      - None removes all.
    type: dict
    default: {}
  tags:
    description: The tags of each alarm, besides C(project) and C(definition).
    type: dict
    default: {}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Watch how long orders wait
  orders.deploy.cloudwatch_alarms:
    project: orders
    alarms:
      oldest-message:
        AlarmDescription: An order has waited for a minute.
        Namespace: AWS/SQS
        MetricName: ApproximateAgeOfOldestMessage
        Dimensions: [{Name: QueueName, Value: orders-queue}]
        Statistic: Maximum
        Period: 60
        EvaluationPeriods: 1
        ComparisonOperator: GreaterThanOrEqualToThreshold
        Threshold: 60
        TreatMissingData: notBreaching

- name: Remove all alarms
  orders.deploy.cloudwatch_alarms:
    project: orders
"""

RETURN = r"""
written:
  description: The names of alarms that were made or changed, or would have been in check mode.
  type: list
  elements: str
  returned: always
removed:
  description: The names of alarms that were removed, or would have been in check mode.
  type: list
  elements: str
  returned: always
"""

import hashlib
import json
from typing import Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
    compare_aws_tags,
)
from botocore.exceptions import BotoCoreError, ClientError


class Live(NamedTuple):
    """An alarm that exists, and its tags."""

    alarm: dict[str, Any]
    tags: dict[str, str]


def find(client: Any, project: str) -> dict[str, Live]:  # noqa: ANN401  # botocore makes its classes as it runs
    """Return every alarm whose name begins with the project's."""
    pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{project}-")
    found = {}
    for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
        tags = client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        found[alarm["AlarmName"]] = Live(alarm, boto3_tag_list_to_ansible_dict(tags))
    return found


def digest(alarm: dict[str, Any]) -> str:
    """Return a digest of the definition of an alarm."""
    return hashlib.sha256(json.dumps(alarm, sort_keys=True).encode()).hexdigest()


def differs(live: Live, alarm: dict[str, Any], tags: dict[str, str]) -> bool:
    """Tell whether an alarm has other tags, the digest among them, or other values than it should."""
    values = {key: value for key, value in alarm.items() if not isinstance(value, list)}
    return any(compare_aws_tags(live.tags, tags)) or any(
        live.alarm[key] != value for key, value in values.items() if key in live.alarm
    )


def write(client: Any, live: Live | None, alarm: dict[str, Any], tags: dict[str, str]) -> None:  # noqa: ANN401  # as above
    """Make or change an alarm. CloudWatch takes tags along with a new one only."""
    if live is None:
        client.put_metric_alarm(**alarm, Tags=ansible_dict_to_boto3_tag_list(tags))
        return
    client.put_metric_alarm(**alarm)
    changed, dropped = compare_aws_tags(live.tags, tags)
    if dropped:
        client.untag_resource(ResourceARN=live.alarm["AlarmArn"], TagKeys=dropped)
    if changed:
        client.tag_resource(ResourceARN=live.alarm["AlarmArn"], Tags=ansible_dict_to_boto3_tag_list(changed))


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "alarms": {"type": "dict", "default": {}},
            "tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    project = module.params["project"]
    wanted = {f"{project}-{key}": alarm for key, alarm in module.params["alarms"].items()}
    client = module.client("cloudwatch")
    doing = "list the alarms"
    try:
        found = find(client, project)
        gone = found.keys() - wanted.keys()
        removed = sorted(name for name in gone if found[name].tags.get("project") == project)
        written = []
        for name, settings in wanted.items():
            alarm = {"AlarmName": name, **settings}
            tags = {**module.params["tags"], "project": project, "definition": digest(alarm)}
            if name not in found or differs(found[name], alarm, tags):
                written.append(name)
                doing = f"write the alarm {name}"
                if not module.check_mode:
                    write(client, found.get(name), alarm, tags)
        doing = "remove alarms"
        if removed and not module.check_mode:
            client.delete_alarms(AlarmNames=removed)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not {doing} of {project}")
    module.exit_json(changed=bool(written or removed), written=written, removed=removed)


if __name__ == "__main__":
    main()
