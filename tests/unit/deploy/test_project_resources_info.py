from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.orders.deploy.plugins.module_utils import resources as resource_kinds

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Aws, RunModule

ACCOUNT = "us-west-2:000000000000"


def resources(project: str, region: str = "us-west-2") -> dict[str, Any]:
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
            "Arn": f"arn:aws:iam::000000000000:role/{project}-{region}-api",
            "RoleName": f"{project}-{region}-api",
            **role,
        },
        "log_groups": {"logGroupName": f"/ecs/{project}/api"},
        "clusters": f"arn:aws:ecs:{ACCOUNT}:cluster/{project}",
        "alarms": {
            "AlarmArn": f"arn:aws:cloudwatch:{ACCOUNT}:alarm:{project}-p99",
            "AlarmName": f"{project}-p99",
        },
        "dashboards": {
            "DashboardArn": f"arn:aws:cloudwatch::000000000000:dashboard/{project}-{region}",
            "DashboardName": f"{project}-{region}",
        },
        "buckets": {"Name": f"{project}-results-000000000000-{region}"},
        "endpoints": {"VpcEndpointId": "vpce-1"},
        "task_definitions": f"arn:aws:ecs:{ACCOUNT}:task-definition/{project}-api:3",
    }


def owned(kind: str, project: str) -> dict[str, Any]:
    """Return the answer of the call that tells to which project a resource belongs."""
    tags = [{"Key": "environment", "Value": "aws"}, {"Key": "project", "Value": project}]
    log = {"logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{project}/api"}}
    answers: dict[str, dict[str, Any]] = {
        "topics": {"Tags": tags},
        "queues": {"Tags": {"project": project}},
        "repositories": {"tags": tags},
        "load_balancers": {"TagDescriptions": [{"Tags": tags}]},
        "target_groups": {"TagDescriptions": [{"Tags": tags}]},
        "clusters": {"clusters": [{"tags": [{"key": "project", "value": project}]}]},
        "roles": {"Tags": tags},
        "alarms": {"Tags": tags},
        "task_definitions": {"taskDefinition": {"containerDefinitions": [{"logConfiguration": log}]}},
    }
    return answers[kind]


def answer(aws: Aws, *projects: str) -> None:
    """Prepare the answers of all services: the resources of all projects, but those of one from EC2, which filters.

    The first project is orders. Where a name of another project begins like its names, the owner is asked.
    """
    found = [resources(project) for project in projects]
    for name, kind in resource_kinds.KINDS.items():
        if isinstance(kind, resource_kinds.Named):
            stub = aws[kind.service]
            stub.add_response(kind.operation, {kind.key: [each[name] for each in found]})
            for project in [project for project in projects if project.startswith("orders")]:
                if kind.owner and (name, project) != ("roles", "orders-staging"):
                    stub.add_response(kind.owner.operation, owned(name, project))
                if kind.removed and kind.detail and project == "orders":
                    stub.add_response(kind.detail.operation, {"clusters": [{"status": "ACTIVE"}]})
        else:
            filters = [{"Name": "tag:project", "Values": ["orders"]}]
            if kind.states:
                filters.append({"Name": kind.state_filter, "Values": list(kind.states)})
            ours = [each[name] for each in found[:1]]
            aws["ec2"].add_response(kind.operation, {kind.key: ours}, {"Filters": filters})


def identifiers(project: str) -> dict[str, Any]:
    """Return the identifiers of the resources of a project, by kind."""
    return {
        kind: [next(iter(each.values())) if isinstance(each, dict) else each]
        for kind, each in resources(project).items()
    }


@pytest.mark.parametrize("other", ["shop", "orders-staging"])
def test_resources_of_every_kind_are_found_but_not_those_of_another_project(
    aws: Aws, run_module: RunModule, other: str
) -> None:
    answer(aws, "orders", other)

    result = run_module(project="orders")

    assert result["resources"] == identifiers("orders")
    assert result["changed"] is False


@pytest.mark.parametrize("described", [[{"status": "INACTIVE"}], []])
def test_a_cluster_that_was_removed_but_is_still_listed_is_left_out(
    aws: Aws, run_module: RunModule, described: list[dict[str, Any]]
) -> None:
    aws["ecs"].add_response("list_clusters", {"clusterArns": [resources("orders")["clusters"]]})
    for _ in range(2):  # its tags, and its status
        aws["ecs"].add_response("describe_clusters", {"clusters": described})

    assert run_module(project="orders", kinds=["clusters"])["resources"] == {}


@pytest.mark.parametrize("kind", ["roles", "dashboards", "buckets"])
def test_resources_of_another_region_are_left_out(aws: Aws, run_module: RunModule, kind: str) -> None:
    listing = resource_kinds.KINDS[kind]
    assert isinstance(listing, resource_kinds.Named)
    found = [resources("orders", region)[kind] for region in ("eu-central-1", "us-west-2")]
    aws[listing.service].add_response(listing.operation, {listing.key: found})
    if listing.owner:
        aws[listing.service].add_response(listing.owner.operation, owned(kind, "orders"))

    assert run_module(project="orders", kinds=[kind])["resources"] == {kind: identifiers("orders")[kind]}


def test_a_resource_without_the_tag_belongs_to_the_project_that_its_name_begins_with(
    aws: Aws, run_module: RunModule
) -> None:
    url = resources("orders")["queues"]
    aws["sqs"].add_response("list_queues", {"QueueUrls": [url]})
    aws["sqs"].add_response("list_queue_tags", {}, {"QueueUrl": url})

    assert run_module(project="orders", kinds=["queues"])["resources"] == {"queues": [url]}


def test_a_task_definition_with_another_prefix_of_log_groups_belongs_to_the_project_of_its_name(
    aws: Aws, run_module: RunModule
) -> None:
    arn = resources("orders")["task_definitions"]
    container = {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/team/orders/api"}}}
    aws["ecs"].add_response("list_task_definitions", {"taskDefinitionArns": [arn]})
    aws["ecs"].add_response("describe_task_definition", {"taskDefinition": {"containerDefinitions": [container]}})

    found = run_module(project="orders", kinds=["task_definitions"])["resources"]

    assert found == {"task_definitions": [arn]}


def test_a_queue_that_is_listed_but_does_not_exist_is_left_out(aws: Aws, run_module: RunModule) -> None:
    aws["sqs"].add_response("list_queues", {"QueueUrls": [resources("orders")["queues"]]})
    aws["sqs"].add_client_error("list_queue_tags", "AWS.SimpleQueueService.NonExistentQueue")

    assert run_module(project="orders", kinds=["queues"])["resources"] == {}


def list_queue(aws: Aws, *, found: bool) -> None:
    """Prepare a listing with the queue of the project, or without it."""
    aws["sqs"].add_response("list_queues", {"QueueUrls": [resources("orders")["queues"]] if found else []})
    if found:
        aws["sqs"].add_response("list_queue_tags", owned("queues", "orders"))


@pytest.fixture
def clock(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays of the module, which pass at once."""
    delays: list[float] = []
    monkeypatch.setattr(source.time, "monotonic", lambda: sum(delays))
    monkeypatch.setattr(source.time, "sleep", delays.append)
    return delays


def test_a_queue_is_gone_when_it_is_missing_in_three_listings_in_a_row(
    aws: Aws, run_module: RunModule, clock: list[float]
) -> None:
    for found in (True, False, False, True, False, False, False):
        list_queue(aws, found=found)

    assert run_module(project="orders", kinds=["queues"], gone_seconds=60)["resources"] == {}
    assert 0 < sum(clock) < 60


def test_nothing_is_waited_for_if_nothing_is_left(aws: Aws, run_module: RunModule, clock: list[float]) -> None:
    for _ in range(3):
        list_queue(aws, found=False)

    assert run_module(project="orders", kinds=["queues"], gone_seconds=60)["resources"] == {}
    assert clock == []


@pytest.mark.parametrize("last", [True, False])
def test_a_queue_that_is_not_gone_in_time_is_left(
    aws: Aws, run_module: RunModule, clock: list[float], last: bool
) -> None:
    for found in (True, True, last):
        list_queue(aws, found=found)

    found = run_module(project="orders", kinds=["queues"], gone_seconds=4)["resources"]

    assert found == {"queues": [resources("orders")["queues"]]}
    assert sum(clock) == 4


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("roles", "AccessDenied"),
        ("topics", "AuthorizationError"),
        ("addresses", "UnauthorizedOperation"),
        ("log_groups", "AccessDeniedException"),
    ],
)
def test_a_kind_that_may_not_be_listed_is_reported_on_request(
    aws: Aws, run_module: RunModule, kind: str, code: str
) -> None:
    listing = resource_kinds.KINDS[kind]
    aws[resource_kinds.service_of(listing)].add_client_error(listing.operation, code)
    list_queue(aws, found=True)

    result = run_module(project="orders", kinds=[kind, "queues"], report_denied=True)

    call = listing.operation.title().replace("_", "")
    assert result["denied"] == {kind: f"{call} says {code}"}
    assert list(result["resources"]) == ["queues"]


def test_another_error_ends_the_module_in_any_case(aws: Aws, run_module: RunModule) -> None:
    aws["iam"].add_client_error("list_roles", "ExpiredToken")

    result = run_module(project="orders", kinds=["roles"], report_denied=True)

    assert result["failed"]
    assert "Could not list the roles" in result["msg"]


def test_kinds_without_resources_are_left_out(aws: Aws, run_module: RunModule) -> None:
    answer(aws)

    assert run_module(project="orders")["resources"] == {}


def test_attributes_come_from_the_list(aws: Aws, run_module: RunModule) -> None:
    scan = {"scanOnPush": True}
    repository = resources("orders")["repositories"] | {"imageScanningConfiguration": scan, "repositoryUri": "left out"}
    aws["ecr"].add_response("describe_repositories", {"repositories": [repository]})
    aws["ecr"].add_response("list_tags_for_resource", owned("repositories", "orders"))

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
    aws["ecs"].add_response("describe_clusters", owned("clusters", "orders"), {"clusters": [arn], "include": ["TAGS"]})
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
    aws["ecs"].add_response("describe_task_definition", owned("task_definitions", "orders"))  # of one revision
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


def test_the_name_of_a_resource_is_described_without_the_region(aws: Aws, run_module: RunModule) -> None:
    aws["iam"].add_response("list_roles", {"Roles": [resources("orders")["roles"]]})
    aws["iam"].add_response("list_role_tags", owned("roles", "orders"), {"RoleName": "orders-us-west-2-api"})

    described = run_module(project="orders", kinds=["roles"], describe=True)["described"]

    assert [each["name"] for each in described] == ["orders-api"]
