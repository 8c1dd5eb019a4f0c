from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.orders.deploy.plugins.module_utils import resources as resource_kinds

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

ACCOUNT = "us-west-2:000000000000"


def resources(project: str) -> dict[str, Any]:
    """Return a resource of each kind as its service lists it, with the identifier first."""
    role = {"Path": "/", "RoleId": "R" * 16, "CreateDate": datetime.now(UTC)}
    return {
        "topics": {"TopicArn": f"arn:aws:sns:{ACCOUNT}:{project}-events"},
        "queues": f"https://sqs.us-west-2.amazonaws.com/000000000000/{project}-queue",
        "repositories": {
            "repositoryArn": f"arn:aws:ecr:{ACCOUNT}:repository/{project}-api",
            "repositoryName": f"{project}-api",
        },
        "vpcs": {"VpcId": "vpc-1"},
        "subnets": {"SubnetId": "subnet-1"},
        "route_tables": {"RouteTableId": "rtb-1"},
        "internet_gateways": {"InternetGatewayId": "igw-1"},
        "nat_gateways": {"NatGatewayId": "nat-1"},
        "addresses": {"AllocationId": "eipalloc-1"},
        "security_groups": {"GroupId": "sg-1"},
        "load_balancers": {
            "LoadBalancerArn": f"arn:aws:elasticloadbalancing:{ACCOUNT}:loadbalancer/app/{project}/50dc6c495c0c9188",
            "LoadBalancerName": project,
        },
        "target_groups": {
            "TargetGroupArn": f"arn:aws:elasticloadbalancing:{ACCOUNT}:targetgroup/{project}/73e2d6bc24d8a067",
            "TargetGroupName": project,
        },
        "roles": {
            "Arn": f"arn:aws:iam::000000000000:role/{project}-api",
            "RoleName": f"{project}-api",
            **role,
        },
        "log_groups": {"logGroupName": f"/ecs/{project}/api"},
        "clusters": f"arn:aws:ecs:{ACCOUNT}:cluster/{project}",
        "alarms": {
            "AlarmArn": f"arn:aws:cloudwatch:{ACCOUNT}:alarm:{project}-p99",
            "AlarmName": f"{project}-p99",
        },
        "dashboards": {
            "DashboardArn": f"arn:aws:cloudwatch::000000000000:dashboard/{project}",
            "DashboardName": project,
        },
        "buckets": {"Name": f"{project}-results"},
        "endpoints": {"VpcEndpointId": "vpce-1"},
        "task_definitions": f"arn:aws:ecs:{ACCOUNT}:task-definition/{project}-api:3",
    }


def answer(aws: Aws, *projects: str) -> None:
    """Prepare the answers of all services: the resources of all projects, but those of one from EC2, which filters."""
    found = [resources(project) for project in projects]
    for name, kind in resource_kinds.KINDS.items():
        if isinstance(kind, resource_kinds.Named):
            aws[kind.service].add_response(kind.operation, {kind.key: [each[name] for each in found]})
            if kind.removed and kind.detail and found:
                aws[kind.service].add_response(kind.detail.operation, {kind.detail.key: [{"status": "ACTIVE"}]})
        else:
            filters = [{"Name": "tag:project", "Values": ["orders"]}]
            if kind.states:
                filters.append({"Name": kind.state_filter, "Values": list(kind.states)})
            ours = [each[name] for each in found[:1]]
            aws["ec2"].add_response(kind.operation, {kind.key: ours}, {"Filters": filters})


def test_resources_of_every_kind_are_found_but_not_those_of_another_project(aws: Aws, run_module: RunModule) -> None:
    answer(aws, "orders", "shop")

    result = run_module(project="orders")

    assert result["resources"] == {
        kind: [next(iter(ours.values())) if isinstance(ours, dict) else ours]
        for kind, ours in resources("orders").items()
    }
    assert result["changed"] is False


def test_a_cluster_that_was_removed_but_is_still_listed_is_left_out(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_response("list_clusters", {"clusterArns": [resources("orders")["clusters"]]})
    aws["ecs"].add_response("describe_clusters", {"clusters": [{"status": "INACTIVE"}]})

    assert run_module(project="orders", kinds=["clusters"])["resources"] == {}


def test_kinds_without_resources_are_left_out(aws: Aws, run_module: RunModule) -> None:
    answer(aws)

    assert run_module(project="orders")["resources"] == {}


def test_attributes_come_from_the_list(aws: Aws, run_module: RunModule) -> None:
    scan = {"scanOnPush": True}
    repository = resources("orders")["repositories"] | {"imageScanningConfiguration": scan, "repositoryUri": "left out"}
    aws["ecr"].add_response("describe_repositories", {"repositories": [repository]})

    described = run_module(project="orders", kinds=["repositories"], describe=True)["described"]

    attributes = {"imageScanningConfiguration": '{"scanOnPush": true}'}
    assert described == [{"kind": "repositories", "name": "orders-api", "attributes": attributes}]


def test_a_resource_of_ec2_has_the_name_in_its_tag(aws: Aws, run_module: RunModule) -> None:
    vpc = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": "orders"}]}
    aws["ec2"].add_response("describe_vpcs", {"Vpcs": [vpc]})

    described = run_module(project="orders", kinds=["vpcs"], describe=True)["described"]

    assert described == [{"kind": "vpcs", "name": "orders", "attributes": {"CidrBlock": "10.0.0.0/16"}}]


def test_attributes_come_from_another_call_if_the_list_has_only_names(aws: Aws, run_module: RunModule) -> None:
    arn = resources("orders")["clusters"]
    aws["ecs"].add_response("list_clusters", {"clusterArns": [arn]})
    for _ in range(2):  # to see whether it exists, and to describe it
        aws["ecs"].add_response(
            "describe_clusters", {"clusters": [{"runningTasksCount": 2}]}, {"clusters": [arn], "include": ["SETTINGS"]}
        )

    described = run_module(project="orders", kinds=["clusters"], describe=True)["described"]

    assert described == [{"kind": "clusters", "name": "orders", "attributes": {"runningTasksCount": 2}}]


def test_of_task_definitions_the_latest_revision_is_described(aws: Aws, run_module: RunModule) -> None:
    family = f"arn:aws:ecs:{ACCOUNT}:task-definition/orders-api"
    aws["ecs"].add_response(
        "list_task_definitions", {"taskDefinitionArns": [f"{family}:9", f"{family}:10", f"{family}:2"]}
    )
    aws["ecs"].add_response(
        "describe_task_definition", {"taskDefinition": {"cpu": "256"}}, {"taskDefinition": f"{family}:10"}
    )

    described = run_module(project="orders", kinds=["task_definitions"], describe=True)["described"]

    assert described == [{"kind": "task_definitions", "name": "orders-api", "attributes": {"cpu": "256"}}]


def test_an_error_names_the_kind(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("list_topics", "AuthorizationError")

    result = run_module(project="orders")

    assert result["failed"]
    assert "Could not list the topics" in result["msg"]
    assert "AuthorizationError" in result["msg"]


@pytest.mark.parametrize(
    "name",
    [
        "orders",
        "orders-api",
        f"arn:aws:sns:{ACCOUNT}:orders-events",
        f"arn:aws:ecs:{ACCOUNT}:cluster/orders",
        f"arn:aws:ecs:{ACCOUNT}:task-definition/orders-api:12",
        "https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue",
        "/ecs/orders/api",
        "/aws/ecs/containerinsights/orders/performance",
    ],
)
def test_a_resource_named_after_the_project_belongs_to_it(name: str) -> None:
    assert resource_kinds.belongs("orders", name)


@pytest.mark.parametrize(
    "name",
    [
        "ordersystem",
        "shop-orders",
        f"arn:aws:sns:{ACCOUNT}:ordersystem-events",
        f"arn:aws:ecs:{ACCOUNT}:task-definition/shop:12",
        "/ecs/orders-blue/api",
        "/ecs/shop/orders",
        "/aws/ecs/containerinsights/orders-blue/performance",
    ],
)
def test_other_resources_do_not(name: str) -> None:
    assert not resource_kinds.belongs("orders", name)
