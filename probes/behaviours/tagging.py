"""The Resource Groups Tagging API, which lists what has a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import stage
from probes.behaviours.sources import TAGGING_API
from probes.probe import LATE_SECONDS, NotShownError, expect, probe
from probes.queue import Queue
from probes.topic import Topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.lab import Lab

_GET = f"{TAGGING_API}API_GetResources.html"
_SUPPORTED = f"{TAGGING_API}supported-services.html"
_MODULE = "collections/ansible_collections/orders/deploy/plugins/module_utils/tagging.py"


def _listed(lab: Lab, value: str, *kinds: str) -> list[str]:
    client = lab.client("resourcegroupstaggingapi")
    pages = client.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "probe", "Values": [value]}], **({"ResourceTypeFilters": list(kinds)} if kinds else {})
    )
    return [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]


def _is_listed(lab: Lab, create: Callable[[str], str]) -> None:
    """Expect that what `create` makes with a tag `probe` of this value, and whose ARN it returns, is listed."""
    value = lab.name()
    arn = create(value)
    _listed(lab, value)  # which tells whether the environment has the API
    lab.settles(lambda: _listed(lab, value) == [arn], LATE_SECONDS)
    found = _listed(lab, value)
    expect(found == [arn], f"listed: {found}, not {arn}")


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_queues(lab: Lab) -> None:
    """GetResources lists a queue that has the tag."""

    def create(value: str) -> str:
        queue = Queue(lab)
        queue.client.tag_queue(QueueUrl=queue.url, Tags={"probe": value})
        return queue.arn

    _is_listed(lab, create)


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_topics(lab: Lab) -> None:
    """GetResources lists a topic that has the tag."""

    def create(value: str) -> str:
        topic = Topic(lab)
        topic.client.tag_resource(ResourceArn=topic.arn, Tags=[{"Key": "probe", "Value": value}])
        return topic.arn

    _is_listed(lab, create)


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_repositories(lab: Lab) -> None:
    """GetResources lists an image repository that has the tag."""

    def create(value: str) -> str:
        ecr, name = lab.client("ecr"), lab.name()
        created = ecr.create_repository(repositoryName=name, tags=[{"Key": "probe", "Value": value}])
        lab.defer(ecr.delete_repository, repositoryName=name)
        arn: str = created["repository"]["repositoryArn"]
        return arn

    _is_listed(lab, create)


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_log_groups(lab: Lab) -> None:
    """GetResources lists a log group that has the tag."""

    def create(value: str) -> str:
        logs, name = lab.client("logs"), lab.name()
        logs.create_log_group(logGroupName=name, tags={"probe": value})
        lab.defer(logs.delete_log_group, logGroupName=name)
        groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        arn: str = groups[0]["arn"]
        return arn.removesuffix(":*")

    _is_listed(lab, create)


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_clusters(lab: Lab) -> None:
    """GetResources lists an ECS cluster that has the tag."""

    def create(value: str) -> str:
        ecs, name = lab.client("ecs"), lab.name()
        arn: str = ecs.create_cluster(clusterName=name, tags=[{"key": "probe", "value": value}])["cluster"][
            "clusterArn"
        ]
        lab.defer(ecs.delete_cluster, cluster=name)
        return arn

    _is_listed(lab, create)


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_alarms(lab: Lab) -> None:
    """GetResources lists an alarm that has the tag."""

    def create(value: str) -> str:
        cloudwatch, name = lab.client("cloudwatch"), lab.name()
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="probe",
            Namespace="orders-probe",
            MetricName="none",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Tags=[{"Key": "probe", "Value": value}],
        )
        lab.defer(cloudwatch.delete_alarms, AlarmNames=[name])
        arn: str = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
        return arn

    _is_listed(lab, create)


@probe(_GET, _SUPPORTED, used_by=_MODULE, seconds=120)
def lists_target_groups(lab: Lab) -> None:
    """GetResources lists a target group that has the tag."""

    def create(value: str) -> str:
        elb, vpc = lab.client("elbv2"), lab.shared.once(stage.network).vpc
        groups = elb.create_target_group(
            Name=lab.name()[-32:], Protocol="HTTP", Port=80, VpcId=vpc, Tags=[{"Key": "probe", "Value": value}]
        )["TargetGroups"]
        arn: str = groups[0]["TargetGroupArn"]
        lab.defer(elb.delete_target_group, TargetGroupArn=arn)
        return arn

    _is_listed(lab, create)


@probe(_GET, used_by=_MODULE, seconds=150)
def filters_by_kind(lab: Lab) -> None:
    """With ResourceTypeFilters, GetResources lists resources of these kinds only."""
    value, queue, topic = lab.name(), Queue(lab), Topic(lab)
    queue.client.tag_queue(QueueUrl=queue.url, Tags={"probe": value})
    topic.client.tag_resource(ResourceArn=topic.arn, Tags=[{"Key": "probe", "Value": value}])
    both = sorted([queue.arn, topic.arn])
    if not lab.settles(lambda: sorted(_listed(lab, value)) == both, LATE_SECONDS):
        message = f"without the filter: {_listed(lab, value)}"
        raise NotShownError(message)
    found = _listed(lab, value, "sqs")
    expect(found == [queue.arn], f"listed: {found}, not {queue.arn}")
