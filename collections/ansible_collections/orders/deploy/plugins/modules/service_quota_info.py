#!/usr/bin/python
"""Check whether a project fits into the quotas of an account."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_quota_info
short_description: Check whether a project fits into the quotas of an account
description:
  - Counts the usage in the region, and asks Service Quotas for the limits. No module of amazon.aws or community.aws
    reads quotas.
  - Resources that the project already has are not counted twice, so a deployed project fits into a full account.
  - A quota that AWS does not let the caller read is unknown. That is not an error.
options:
  project:
    description: The name of the project.
    type: str
    required: true
  needed:
    description:
      - The amount that the whole project needs, by quota.
      - The quotas are C(vpcs), C(addresses) (Elastic IP addresses), C(load_balancers) (Application Load Balancers) and
        C(vcpus) (of tasks on Fargate, without those on Fargate Spot).
    type: dict
    required: true
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check whether one more network fits
  orders.deploy.service_quota_info:
    project: orders
    needed:
      vpcs: 1
      addresses: 1
"""

RETURN = r"""
quotas:
  description: The quotas in O(needed).
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description: The name of the quota.
      type: str
    service:
      description: The service code in Service Quotas.
      type: str
    code:
      description: The quota code in Service Quotas.
      type: str
    needed:
      description: The amount that the project needs.
      type: float
    used:
      description: The amount in use in the account, or null if unknown.
      type: float
    ours:
      description: The part of C(used) that belongs to the project, or null if unknown.
      type: float
    limit:
      description: The limit of the account, or null if unknown.
      type: float
    fits:
      description: Whether the project fits; true if unknown.
      type: bool
    unknown:
      description: Why AWS did not tell the usage or the limit; empty if it did.
      type: str
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.project import Project, is_tagged_with
from ansible_collections.orders.deploy.plugins.module_utils.resources import KINDS, resources

with suppress(ImportError):  # AnsibleAWSModule reports that botocore is missing
    from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.orders.deploy.plugins.module_utils.aws import Client


class Usage(NamedTuple):
    """The amount in use in the region, and the part of it that belongs to the project."""

    used: float
    ours: float


class Quota(NamedTuple):
    """A quota: its name and codes, the service whose resources count, and the function that counts them."""

    name: str
    service: str
    code: str
    client: str
    count_usage: Callable[[Client, Project], Usage]


def count_tagged(found: list[dict[str, Any]], project: Project) -> Usage:
    """Count resources of EC2, which belong to the project that their tag names."""
    return Usage(len(found), sum(is_tagged_with(project.name, each) for each in found))


def count_vpcs(ec2: Client, project: Project) -> Usage:
    """Count VPCs, the default one included."""
    return count_tagged(list(ec2.get_paginator("describe_vpcs").paginate().search("Vpcs[]")), project)


def count_addresses(ec2: Client, project: Project) -> Usage:
    """Count Elastic IP addresses."""
    return count_tagged(ec2.describe_addresses()["Addresses"], project)


def count_load_balancers(elbv2: Client, project: Project) -> Usage:
    """Count Application Load Balancers."""
    pages = elbv2.get_paginator("describe_load_balancers").paginate()
    found = list(pages.search("LoadBalancers[?Type=='application']"))
    ours = {each.identifier for each in resources(elbv2, KINDS["load_balancers"], project)}
    return Usage(len(found), sum(each["LoadBalancerArn"] in ours for each in found))


def count_vcpus(ecs: Client, project: Project) -> Usage:
    """Count the vCPUs of the tasks on Fargate, without those on Fargate Spot."""
    used = ours = 0.0
    our_clusters = {each.identifier for each in resources(ecs, KINDS["clusters"], project)}
    for cluster in ecs.get_paginator("list_clusters").paginate().search("clusterArns[]"):
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, launchType="FARGATE"):
            if not page["taskArns"]:
                continue
            tasks = ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"]
            vcpus = sum(int(task["cpu"]) / 1024 for task in tasks if task.get("capacityProviderName") != "FARGATE_SPOT")
            used += vcpus
            ours += vcpus if cluster in our_clusters else 0
    return Usage(used, ours)


QUOTAS = {
    "vpcs": Quota("VPCs per region", "vpc", "L-F678F1CE", "ec2", count_vpcs),
    "addresses": Quota("Elastic IP addresses", "ec2", "L-0263D0A3", "ec2", count_addresses),
    "load_balancers": Quota(
        "Application load balancers per region", "elasticloadbalancing", "L-53DA6B97", "elbv2", count_load_balancers
    ),
    "vcpus": Quota("vCPUs on Fargate, on demand", "fargate", "L-3032A538", "ecs", count_vcpus),
}


def read_limit(service_quotas: Client, quota: Quota) -> float:
    """Return the limit of the account, or the default of AWS if the account has none of its own."""
    which = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = service_quotas.get_service_quota(**which)
    except service_quotas.exceptions.NoSuchResourceException:
        answer = service_quotas.get_aws_default_service_quota(**which)
    return float(answer["Quota"]["Value"])


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={"project": {"type": "str", "required": True}, "needed": {"type": "dict", "required": True}},
        supports_check_mode=True,
    )
    needed = module.params["needed"]
    if unknown_names := sorted(set(needed) - set(QUOTAS)):
        module.fail_json(msg=f"needed: no such quota: {', '.join(unknown_names)}; there are {', '.join(QUOTAS)}")

    service_quotas = module.client("service-quotas")
    clients = {name: module.client(name) for name in sorted({QUOTAS[key].client for key in needed})}
    project = Project(module.params["project"], module.region)
    quotas = []
    for key, amount in needed.items():
        quota = QUOTAS[key]
        usage = limit = None
        unknown = ""
        try:
            usage = quota.count_usage(clients[quota.client], project)
            limit = read_limit(service_quotas, quota)
        except ClientError as error:
            unknown = f"{error.operation_name} says {error.response['Error']['Code']}"
        except BotoCoreError as error:
            unknown = str(error)
        missing = max(0, float(amount) - usage.ours) if usage else 0
        quotas.append(
            {
                "name": quota.name,
                "service": quota.service,
                "code": quota.code,
                "needed": float(amount),
                "used": usage.used if usage else None,
                "ours": usage.ours if usage else None,
                "limit": limit,
                "fits": usage is None or limit is None or missing == 0 or usage.used + missing <= limit,
                "unknown": unknown,
            }
        )
    module.exit_json(changed=False, quotas=quotas)


if __name__ == "__main__":
    main()
