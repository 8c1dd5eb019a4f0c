"""Two projects in one account, one's name beginning with the other's, and each in two regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto import mock_aws

from ansible_collections.orders.deploy.plugins.module_utils.project import Project
from ansible_collections.orders.deploy.plugins.module_utils.resources import KINDS, resources, service_of
from ansible_collections.orders.deploy.plugins.modules import project_snapshot_info, service_quota_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Clients = Callable[[str, str], Any]

PROJECTS = [Project(name, region) for name in ("orders", "orders-staging") for region in ("us-west-2", "eu-central-1")]
ACCOUNT = "123456789012"


def create(project: Project, clients: Clients) -> None:
    """Create some resources of each kind that is recognised by its name, named as the inventories name them."""
    name, region = project

    def client(service: str) -> Any:  # noqa: ANN401  # botocore creates its classes at run time
        return clients(service, region)

    upper = [{"Key": "project", "Value": name}]
    lower = [{"key": "project", "value": name}]
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        client("ec2").create_subnet(VpcId=vpc, CidrBlock=f"10.0.{zone}.0/24", AvailabilityZone=f"{region}{letter}")
        for zone, letter in enumerate("ab")
    ]

    client("sns").create_topic(Name=f"{name}-events", Tags=upper)
    client("sqs").create_queue(QueueName=f"{name}-queue", tags={"project": name})
    client("ecr").create_repository(repositoryName=f"{name}-api", tags=upper)
    subnet_ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    client("elbv2").create_load_balancer(Name=name, Subnets=subnet_ids, Tags=upper)
    client("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", Tags=upper)
    client("iam").create_role(RoleName=f"{name}-{region}-api", AssumeRolePolicyDocument="{}", Tags=upper)
    client("logs").create_log_group(logGroupName=f"/ecs/{name}/api", tags={"project": name})
    client("ecs").create_cluster(clusterName=name, tags=lower)
    log = {"logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{name}/api"}}
    containers = [{"name": "api", "image": "api", "memory": 512, "logConfiguration": log}]
    client("ecs").register_task_definition(family=f"{name}-api", containerDefinitions=containers)
    client("ecs").create_service(cluster=name, serviceName="api", taskDefinition=f"{name}-api", desiredCount=0)
    client("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-p99",
        Tags=upper,
        Namespace="AWS/SQS",
        MetricName="NumberOfMessagesSent",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
    )
    client("cloudwatch").put_dashboard(DashboardName=f"{name}-{region}", DashboardBody='{"widgets": []}')
    client("s3").create_bucket(
        Bucket=f"{name}-results-{ACCOUNT}-{region}", CreateBucketConfiguration={"LocationConstraint": region}
    )
    scaled = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{name}/api",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    client("application-autoscaling").register_scalable_target(**scaled, MinCapacity=1, MaxCapacity=4)
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    client("application-autoscaling").put_scaling_policy(  # which creates alarms
        **scaled,
        PolicyName=f"{name}-api",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50, **metric},
    )


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    """Clients of the account in which all projects are deployed."""
    with mock_aws():
        session = botocore.session.Session()
        session.set_credentials("test", "any-secret-will-do")

        def client(service: str, region: str) -> Any:  # noqa: ANN401  # botocore creates its classes at run time
            return session.create_client(service, region_name=region)

        for project in PROJECTS:
            create(project, client)
        yield client


NAMES = {
    "topics": "{name}-events",
    "queues": "{name}-queue",
    "repositories": "{name}-api",
    "load_balancers": "{name}",
    "target_groups": "{name}",
    "roles": "{name}-{region}-api",
    "log_groups": "/ecs/{name}/api",
    "clusters": "{name}",
    "alarms": "{name}-p99",
    "dashboards": "{name}-{region}",
    "buckets": f"{{name}}-results-{ACCOUNT}-{{region}}",
    "task_definitions": "{name}-api",
}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("project", PROJECTS, ids="-".join)
def test_each_has_its_own_resources_only(clients: Clients, project: Project, kind: str) -> None:
    found = resources(clients(service_of(KINDS[kind]), project.region), KINDS[kind], project)

    assert [each.name for each in found] == [NAMES[kind].format(**project._asdict())]


@pytest.mark.parametrize("project", PROJECTS, ids="-".join)
def test_each_load_balancer_counts_for_its_own_project(clients: Clients, project: Project) -> None:
    usage = service_quota_info.count_load_balancers(clients("elbv2", project.region), project)

    assert usage == (2, 1)


def test_the_scaling_of_each_is_its_own(clients: Clients) -> None:
    scaling = project_snapshot_info.scaling(clients("application-autoscaling", "us-west-2"), {"orders"})

    assert {each["ResourceId"] for each in scaling.values()} == {"service/orders/api"}
