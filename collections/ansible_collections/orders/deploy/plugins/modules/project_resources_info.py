#!/usr/bin/python
"""List the AWS resources of a project."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: project_resources_info
short_description: List the AWS resources of a project
description:
  - Asks each AWS service, so it also finds what an interrupted run has left. No module of amazon.aws or community.aws
    lists resources across services.
  - A resource belongs to the project if its name is one of the project's names, and its tag C(project) does not name
    another project. Where tags are missing, such as after an interrupted run, the name alone decides. A task definition
    has the log group of its container instead of a tag, and resources of EC2 are recognised by their tags alone.
  - The names are C(PROJECT) and C(PROJECT-...); of roles C(PROJECT-REGION-...), of the dashboard C(PROJECT-REGION), of
    the bucket C(PROJECT-results-ACCOUNT-REGION), and of log groups C(/ecs/PROJECT/...)
    and C(/aws/ecs/containerinsights/PROJECT/...).
  - The alarms that AWS makes for target tracking are not listed, as AWS removes them with their policy.
options:
  project:
    description: The name of the project.
    type: str
    required: true
  kinds:
    description: The kinds of resources to list. By default, all kinds.
    type: list
    elements: str
    choices:
      - topics
      - queues
      - repositories
      - vpcs
      - subnets
      - route_tables
      - internet_gateways
      - nat_gateways
      - addresses
      - security_groups
      - load_balancers
      - target_groups
      - roles
      - log_groups
      - clusters
      - alarms
      - dashboards
      - buckets
      - endpoints
      - task_definitions
  describe:
    description: Whether to return the attributes of each resource, which takes more calls.
    type: bool
    default: false
  gone_seconds:
    description:
      - Lists again until the resources are gone, for at most this number of seconds. A kind is gone when three listings
        in a row have none of it, as AWS lists some resources for a while after their removal, and not in every listing.
      - With 0, lists once.
    type: int
    default: 0
  report_denied:
    description: Whether to return the kinds that AWS does not allow to list in RV(denied), instead of failing.
    type: bool
    default: false
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: List all resources of the project
  orders.deploy.project_resources_info:
    project: orders

- name: Describe the queues of the project
  orders.deploy.project_resources_info:
    project: orders
    kinds: [queues]
    describe: true

- name: Wait until all resources are gone
  orders.deploy.project_resources_info:
    project: orders
    gone_seconds: 180
    report_denied: true
"""

RETURN = r"""
resources:
  description: The sorted identifiers of the resources (names, ARNs or URLs) by their kinds, without empty kinds.
  type: dict
  returned: always
denied:
  description: The kinds that AWS does not allow to list, with the call and its error. Resources of them may be left.
  type: dict
  returned: always
described:
  description: All resources, sorted by kind and name; of a task definition, only the latest revision.
  type: list
  elements: dict
  returned: if O(describe=true)
  contains:
    kind:
      description: The kind of the resource.
      type: str
    name:
      description: The name of the resource without the region, so that it is the same in every region.
      type: str
    attributes:
      description: The attributes of the resource, with the names of the API. A list or dictionary is given as JSON.
      type: dict
"""

import json
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import fail_on_aws_error
from ansible_collections.orders.deploy.plugins.module_utils.project import Project
from ansible_collections.orders.deploy.plugins.module_utils.resources import KINDS, details, resources, service_of

with suppress(ImportError):  # AnsibleAWSModule reports that botocore is missing
    from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ansible_collections.orders.deploy.plugins.module_utils.aws import Client
    from ansible_collections.orders.deploy.plugins.module_utils.resources import Named, Resource, Tagged

LISTINGS = 3  # in a row without a resource of a kind: it is gone
DELAY_SECONDS = 2  # before what is left is listed again
# In the code of an error that says that a call is not allowed; each service has its own.
DENIED = re.compile("AccessDenied|Unauthorized|AuthorizationError")


def attributes(client: Client, kind: Named | Tagged, resource: Resource) -> dict[str, Any]:
    """Return the attributes of a resource."""
    found = details(client, kind, resource)
    return {name: scalar(found[name]) for name in kind.attributes if name in found}


def scalar(value: object) -> object:
    """Return a list or dictionary as JSON, and any other value as it is."""
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def latest(resources: list[Resource]) -> list[Resource]:
    """Return the latest revision of each resource, sorted by name."""
    by_name: dict[str, Resource] = {}
    for resource in sorted(resources, key=lambda each: (len(each.identifier), each.identifier)):
        # Only the revisions of a task definition share a name.
        by_name[resource.name] = resource
    return sorted(by_name.values(), key=lambda each: each.name)


def wait_until_gone(kinds: Iterable[str], listed: Callable[[str], list[Resource]], seconds: int) -> dict[str, Any]:
    """Return the resources by kind, without those that are gone within some seconds.

    A kind that is not gone by then counts as it was last seen. Nothing is waited for if nothing is left.
    """
    deadline = time.monotonic() + seconds
    left: dict[str, list[Resource]] = {}
    missing = dict.fromkeys(kinds, 0)  # how many listings in a row had none
    while True:
        for kind in missing:
            found = listed(kind)
            missing[kind] = 0 if found else missing[kind] + 1
            left[kind] = found or left.get(kind, [])
        for kind in [kind for kind, times in missing.items() if times == LISTINGS]:
            left[kind] = []
            del missing[kind]
        if not missing or time.monotonic() >= deadline:
            return left
        if any(left.values()):
            time.sleep(DELAY_SECONDS)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS)},
            "describe": {"type": "bool", "default": False},
            "gone_seconds": {"type": "int", "default": 0},
            "report_denied": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    kinds = KINDS if module.params["kinds"] is None else {name: KINDS[name] for name in module.params["kinds"]}
    clients = {service: module.client(service) for service in {service_of(kind) for kind in kinds.values()}}
    project = Project(module.params["project"], module.region)
    described: dict[str, list[dict[str, Any]]] = {}
    denied: dict[str, str] = {}

    def listed(name: str) -> list[Resource]:
        """List the resources of a kind, and describe them."""
        kind = kinds[name]
        client = clients[service_of(kind)]
        found: list[Resource] = []
        with fail_on_aws_error(module, f"Could not list the {name}"):
            try:
                found = resources(client, kind, project)
                if module.params["describe"]:
                    described[name] = [
                        {
                            "kind": name,
                            "name": each.name.replace(f"-{project.region}", ""),
                            "attributes": attributes(client, kind, each),
                        }
                        for each in latest(found)
                    ]
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if not (module.params["report_denied"] and DENIED.search(code)):
                    raise
                denied[name] = f"{error.operation_name} says {code}"
        return found

    left = wait_until_gone(kinds, listed, module.params["gone_seconds"])
    result: dict[str, Any] = {
        "resources": {name: sorted(each.identifier for each in found) for name, found in left.items() if found},
        "denied": denied,
    }
    if module.params["describe"]:
        all_described = [each for found in described.values() for each in found]
        result["described"] = sorted(all_described, key=lambda each: (each["kind"], each["name"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
