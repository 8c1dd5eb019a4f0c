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
  - A resource with a name belongs to the project if its name is the project's or begins with it and a hyphen, a log
    group if it is below C(/ecs/PROJECT/) or C(/aws/ecs/containerinsights/PROJECT/). Resources of EC2 belong to the
    project that their tag C(project) names.
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
"""

RETURN = r"""
resources:
  description: The sorted identifiers of the resources (names, ARNs or URLs) by their kinds, without empty kinds.
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
      description: The name of the resource, which is the same in every environment.
      type: str
    attributes:
      description: The attributes of the resource, with the names of the API. A list or dictionary is given as JSON.
      type: dict
"""

import json
from typing import TYPE_CHECKING, Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import fail_on_aws_error
from ansible_collections.orders.deploy.plugins.module_utils.resources import KINDS, details, resources, service_of

if TYPE_CHECKING:
    from ansible_collections.orders.deploy.plugins.module_utils.aws import Client
    from ansible_collections.orders.deploy.plugins.module_utils.resources import Named, Resource, Tagged


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


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS)},
            "describe": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    project = module.params["project"]
    kinds = KINDS if module.params["kinds"] is None else {name: KINDS[name] for name in module.params["kinds"]}
    clients = {service: module.client(service) for service in {service_of(kind) for kind in kinds.values()}}

    identifiers = {}
    described = []
    for name, kind in kinds.items():
        client = clients[service_of(kind)]
        with fail_on_aws_error(module, f"Could not list the {name}"):
            found = resources(client, kind, project)
            if module.params["describe"]:
                described += [
                    {"kind": name, "name": each.name, "attributes": attributes(client, kind, each)}
                    for each in latest(found)
                ]
        if found:
            identifiers[name] = sorted(each.identifier for each in found)
    result: dict[str, Any] = {"resources": identifiers}
    if module.params["describe"]:
        result["described"] = sorted(described, key=lambda each: (each["kind"], each["name"]))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
