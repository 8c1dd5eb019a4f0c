#!/usr/bin/python
"""The module that asks whether a project fits into what is left of an account's quotas."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_quota_info
short_description: Ask whether a project fits into what is left of an account's quotas
description:
  - Counts what is in use in the region, and asks Service Quotas how much the account may have.
  - What the project has already counts as its own, so a project that is there still fits into a full account.
  - Where AWS does not allow one of the questions, that quota is unknown, which is no failure.
options:
  project:
    description: The name of the project.
    type: str
    required: true
  needed:
    description:
      - How much the whole project needs of each quota.
      - The quotas are C(vpcs), C(addresses) (elastic IP addresses), C(load_balancers) (application load balancers) and
        C(vcpus) (of tasks on Fargate, without those on Spot).
    type: dict
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Ask whether one more network fits
  orders.deploy.service_quota_info:
    project: orders
    needed:
      vpcs: 1
      addresses: 1
"""

RETURN = r"""
quotas:
  description: The quotas that something is needed of.
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description: What AWS calls it.
      type: str
    service:
      description: The code of the service that Service Quotas knows it under.
      type: str
    code:
      description: Its own code.
      type: str
    needed:
      description: How much the project needs.
      type: float
    used:
      description: How much the account uses, or null where AWS does not tell.
      type: float
    ours:
      description: How much of that the project uses, or null where AWS does not tell.
      type: float
    limit:
      description: How much the account may use, or null where AWS does not tell.
      type: float
    fits:
      description: Whether the project fits; true where AWS does not tell.
      type: bool
    unknown:
      description: Why AWS does not tell; empty where it does.
      type: str
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    Client = Any  # botocore makes its classes as it runs


class Usage(NamedTuple):
    """How much is used in the region, and how much of that by the project."""

    used: float
    ours: float


class Quota(NamedTuple):
    """A quota: its name and codes, the service that tells what is used, and how to ask it."""

    name: str
    service: str
    code: str
    counted_by: str
    ask_usage: Callable[[Client, str], Usage]


def belongs(project: str, name: str) -> bool:
    """Tell whether what goes by this name is the project's."""
    return name == project or name.startswith(f"{project}-")


def tagged(resources: list[dict[str, Any]], project: str) -> Usage:
    """Count resources of EC2, which belong to the project that their tag names."""
    tag = {"Key": "project", "Value": project}
    return Usage(len(resources), sum(tag in resource.get("Tags", []) for resource in resources))


def count_vpcs(ec2: Client, project: str) -> Usage:
    """Count VPCs, the default one included."""
    return tagged(list(ec2.get_paginator("describe_vpcs").paginate().search("Vpcs[]")), project)


def count_addresses(ec2: Client, project: str) -> Usage:
    """Count elastic IP addresses."""
    return tagged(ec2.describe_addresses()["Addresses"], project)


def count_load_balancers(elbv2: Client, project: str) -> Usage:
    """Count application load balancers."""
    found = elbv2.get_paginator("describe_load_balancers").paginate().search("LoadBalancers[?Type=='application']")
    names = [load_balancer["LoadBalancerName"] for load_balancer in found]
    return Usage(len(names), sum(belongs(project, name) for name in names))


def count_vcpus(ecs: Client, project: str) -> Usage:
    """Count the vCPUs of all tasks on Fargate that are not on Spot."""
    used = ours = 0.0
    for cluster in ecs.get_paginator("list_clusters").paginate().search("clusterArns[]"):
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, launchType="FARGATE"):
            if not page["taskArns"]:
                continue
            tasks = ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"]
            vcpus = sum(int(task["cpu"]) / 1024 for task in tasks if task.get("capacityProviderName") != "FARGATE_SPOT")
            used += vcpus
            ours += vcpus if belongs(project, cluster.rpartition("/")[2]) else 0
    return Usage(used, ours)


QUOTAS = {
    "vpcs": Quota("VPCs per region", "vpc", "L-F678F1CE", "ec2", count_vpcs),
    "addresses": Quota("Elastic IP addresses", "ec2", "L-0263D0A3", "ec2", count_addresses),
    "load_balancers": Quota(
        "Application load balancers per region", "elasticloadbalancing", "L-53DA6B97", "elbv2", count_load_balancers
    ),
    "vcpus": Quota("vCPUs on Fargate, on demand", "fargate", "L-3032A538", "ecs", count_vcpus),
}


def ask_limit(service_quotas: Client, quota: Quota) -> float:
    """Ask how much the account may use: its own quota, or the one for all where it has none of its own."""
    which = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = service_quotas.get_service_quota(**which)
    except service_quotas.exceptions.NoSuchResourceException:
        answer = service_quotas.get_aws_default_service_quota(**which)
    return float(answer["Quota"]["Value"])


def main() -> None:
    """Run the module."""
    spec = {"project": {"type": "str", "required": True}, "needed": {"type": "dict", "required": True}}
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    needed = module.params["needed"]
    if strange := sorted(set(needed) - set(QUOTAS)):
        module.fail_json(msg=f"needed: no such quota: {', '.join(strange)}; there are {', '.join(QUOTAS)}")

    service_quotas = module.client("service-quotas")
    clients = {name: module.client(name) for name in sorted({QUOTAS[key].counted_by for key in needed})}
    quotas = []
    for key, amount in needed.items():
        quota = QUOTAS[key]
        usage = limit = None
        unknown = ""
        try:
            usage = quota.ask_usage(clients[quota.counted_by], module.params["project"])
            limit = ask_limit(service_quotas, quota)
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
