#!/usr/bin/python
"""Manage all CloudWatch alarms of a project."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cloudwatch_alarms
short_description: Manage all CloudWatch alarms of a project
description:
  - Creates and updates the given alarms, and removes all other alarms of the project. Those are the alarms whose names
    begin with the project's name and whose tag C(project) names it.
  - Unlike M(amazon.aws.cloudwatch_metric_alarm), it notices changes of an alarm on metric math, and sets tags.
  - The tag C(definition) holds a digest of the alarm. It reveals a change even where a service does not describe all
    fields. The fields that are described are compared as well, so manual changes are reverted.
options:
  project:
    description: The name of the project. The name of each alarm begins with it.
    type: str
    required: true
  alarms:
    description:
      - The alarms by their names, without the project's name and its hyphen. Each value holds the arguments of
        PutMetricAlarm.
      - Without alarms, all alarms of the project are removed.
    type: dict
    default: {}
  tags:
    description: The tags of each alarm, besides C(project) and C(definition).
    type: dict
    default: {}
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Create an alarm on the age of the oldest message
  orders.deploy.cloudwatch_alarms:
    project: orders
    alarms:
      oldest-message:
        AlarmDescription: An order has been in the queue for a minute.
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

RETURN = "{}"

import hashlib
import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.orders.deploy.plugins.module_utils.aws import Call, Client, fail_on_aws_error, send
from ansible_collections.orders.deploy.plugins.module_utils.project import is_tagged_with
from ansible_collections.orders.deploy.plugins.module_utils.tagging import tag_calls


def read_alarms(client: Client, project: str) -> dict[str, dict[str, Any]]:
    """Return every alarm whose name begins with the project's, with its tags, by its name."""
    pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{project}-")
    return {
        alarm["AlarmName"]: alarm | {"Tags": client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]}
        for page in pages
        for alarm in page["MetricAlarms"]
    }


def digest(alarm: dict[str, Any]) -> str:
    """Return a digest of the definition of an alarm."""
    return hashlib.sha256(json.dumps(alarm, sort_keys=True).encode()).hexdigest()


def changes(current: dict[str, Any] | None, alarm: dict[str, Any], tags: dict[str, str]) -> list[Call]:
    """Return the calls that create or update an alarm. CloudWatch takes tags together with a new alarm only."""
    if current is None:
        return [Call("put_metric_alarm", alarm | {"Tags": ansible_dict_to_boto3_tag_list(tags)})]
    retagging = tag_calls({"ResourceARN": current["AlarmArn"]}, current["Tags"], tags)
    differs = any(
        current[key] != value for key, value in alarm.items() if key in current and not isinstance(value, list)
    )
    return [Call("put_metric_alarm", alarm), *retagging] if retagging or differs else []


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
    changed = False
    with fail_on_aws_error(module, f"Could not list the alarms of {project}"):
        found = read_alarms(client, project)
    for name, settings in wanted.items():
        alarm = {"AlarmName": name, **settings}
        tags = {**module.params["tags"], "project": project, "definition": digest(alarm)}
        calls = changes(found.get(name), alarm, tags)
        with fail_on_aws_error(module, f"Could not write the alarm {name} of {project}"):
            send(module, client, calls)
        changed |= bool(calls)
    removed = sorted(name for name in found.keys() - wanted.keys() if is_tagged_with(project, found[name]))
    if removed:
        with fail_on_aws_error(module, f"Could not remove alarms of {project}"):
            send(module, client, [Call("delete_alarms", {"AlarmNames": removed})])
    module.exit_json(changed=changed or bool(removed))


if __name__ == "__main__":
    main()
