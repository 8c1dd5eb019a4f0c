from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

OURS = {"Tags": [{"Key": "project", "Value": "orders"}]}
THEIRS = {"Tags": [{"Key": "project", "Value": "shop"}]}


def limit(aws: Aws, value: float) -> None:
    aws["service-quotas"].add_response("get_service_quota", {"Quota": {"Value": value}})


def load_balancer(name: str, kind: str = "application") -> dict[str, str]:
    return {"LoadBalancerName": name, "LoadBalancerArn": f"arn:{name}", "Type": kind}


@pytest.mark.parametrize(
    ("vpcs", "fits", "ours"),
    [
        pytest.param([THEIRS] * 4, True, 0, id="room for one"),
        pytest.param([THEIRS] * 4 + [{}], False, 0, id="full"),
        pytest.param([THEIRS] * 4 + [OURS], True, 1, id="full, and one is ours"),
        pytest.param([THEIRS] * 5 + [OURS], True, 1, id="beyond the limit, and one is ours"),
    ],
)
def test_resources_of_the_project_are_not_counted_twice(
    aws: Aws, run_module: RunModule, vpcs: list[dict[str, Any]], fits: bool, ours: int
) -> None:
    aws["ec2"].add_response("describe_vpcs", {"Vpcs": vpcs})
    limit(aws, 5)

    (quota,) = run_module(project="orders", needed={"vpcs": 1})["quotas"]

    assert (quota["fits"], quota["ours"], quota["used"], quota["limit"]) == (fits, ours, len(vpcs), 5)


def test_addresses_are_recognised_by_their_tags(aws: Aws, run_module: RunModule) -> None:
    aws["ec2"].add_response("describe_addresses", {"Addresses": [OURS, THEIRS, {}]})
    limit(aws, 5)

    (quota,) = run_module(project="orders", needed={"addresses": 1})["quotas"]

    assert (quota["used"], quota["ours"]) == (3, 1)


def test_only_application_load_balancers_count_and_not_those_of_a_project_with_a_longer_name(
    aws: Aws, run_module: RunModule
) -> None:
    found = [load_balancer("orders"), load_balancer("orders-staging"), load_balancer("orders-tcp", "network")]
    for _ in range(2):  # of the account, and of the project
        aws["elbv2"].add_response("describe_load_balancers", {"LoadBalancers": found})
    for owner in (OURS, {"Tags": [{"Key": "project", "Value": "orders-staging"}]}, OURS):
        aws["elbv2"].add_response("describe_tags", {"TagDescriptions": [owner]})
    limit(aws, 50)

    (quota,) = run_module(project="orders", needed={"load_balancers": 1})["quotas"]

    assert (quota["used"], quota["ours"]) == (2, 1)


def test_only_vcpus_on_demand_count(aws: Aws, run_module: RunModule) -> None:
    ecs = aws["ecs"]
    clusters = [f"arn:aws:ecs:us-west-2:000000000000:cluster/{name}" for name in ("orders", "orders-staging", "idle")]
    ecs.add_response("list_clusters", {"clusterArns": clusters})
    for project in ("orders", "orders-staging"):
        described = {"clusters": [{"tags": [{"key": "project", "value": project}], "status": "ACTIVE"}]}
        for _ in range(2 if project == "orders" else 1):  # the tags; of our cluster, the status as well
            ecs.add_response("describe_clusters", described)
    ecs.add_response("list_clusters", {"clusterArns": clusters})
    for cluster, tasks in {
        clusters[0]: [{"cpu": "256"}, {"cpu": "1024", "capacityProviderName": "FARGATE_SPOT"}],
        clusters[1]: [{"cpu": "4096", "capacityProviderName": "FARGATE"}],
        clusters[2]: [],
    }.items():
        arns = [f"task-{number}" for number, _ in enumerate(tasks)]
        ecs.add_response("list_tasks", {"taskArns": arns}, {"cluster": cluster, "launchType": "FARGATE"})
        if tasks:
            ecs.add_response("describe_tasks", {"tasks": tasks}, {"cluster": cluster, "tasks": arns})
    limit(aws, 6)

    (quota,) = run_module(project="orders", needed={"vcpus": 2.5})["quotas"]

    assert (quota["used"], quota["ours"], quota["fits"]) == (4.25, 0.25, False)


def test_an_account_without_its_own_quota_has_the_default(aws: Aws, run_module: RunModule) -> None:
    aws["ec2"].add_response("describe_addresses", {"Addresses": []})
    aws["service-quotas"].add_client_error("get_service_quota", "NoSuchResourceException")
    aws["service-quotas"].add_response(
        "get_aws_default_service_quota",
        {"Quota": {"Value": 5}},
        {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"},
    )

    (quota,) = run_module(project="orders", needed={"addresses": 1})["quotas"]

    assert quota["limit"] == 5


def test_a_limit_that_cannot_be_read_is_unknown_and_fits(aws: Aws, run_module: RunModule) -> None:
    aws["ec2"].add_response("describe_vpcs", {"Vpcs": [THEIRS]})
    aws["service-quotas"].add_client_error("get_service_quota", "AccessDeniedException")

    (quota,) = run_module(project="orders", needed={"vpcs": 1})["quotas"]

    assert (quota["fits"], quota["used"], quota["limit"]) == (True, 1, None)
    assert quota["unknown"] == "GetServiceQuota says AccessDeniedException"


def test_a_usage_that_cannot_be_read_is_unknown_and_fits(aws: Aws, run_module: RunModule) -> None:
    aws["ec2"].add_client_error("describe_vpcs", "UnauthorizedOperation")

    (quota,) = run_module(project="orders", needed={"vpcs": 1})["quotas"]

    assert (quota["fits"], quota["used"], quota["ours"]) == (True, None, None)
    assert quota["unknown"] == "DescribeVpcs says UnauthorizedOperation"


def test_an_unknown_quota_is_refused(run_module: RunModule) -> None:
    result = run_module(project="orders", needed={"vpc": 1})

    assert result["failed"]
    assert "no such quota: vpc" in result["msg"]
