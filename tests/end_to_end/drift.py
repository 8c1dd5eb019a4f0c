"""Changes of a deployment behind its back, in the terms of the APIs: attributes that the roles set, and additions."""

from __future__ import annotations

# ruff: noqa: ANN401  # botocore creates the classes of its clients at runtime
import json
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Change = tuple[str, Callable[[], object]]

OTHER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
TAGS = [{"Key": "environment", "Value": "another"}]


def changes(client: Callable[[str], Any], project: str) -> Iterator[Change]:
    """Yield a name and a function for each change. ``client`` returns the client of a service."""
    yield from _messaging(client("sns"), client("sqs"), project)
    yield from _registry(client("ecr"), project)
    yield from _network(client("ec2"), project)
    yield from _load_balancer(client("elbv2"), project)
    yield from _iam(client("iam"), project)
    yield from _services(client("ecs"), client("logs"), project)
    yield from _monitoring(client("cloudwatch"), project)


def _messaging(sns: Any, sqs: Any, project: str) -> Iterator[Change]:
    (topic,) = (
        each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith(f":{project}-events")
    )
    (subscription,) = (
        each["SubscriptionArn"] for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    )
    url = sqs.get_queue_url(QueueName=f"{project}-queue-dead-letters")["QueueUrl"]
    other_queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    yield (
        "topic: policy",
        partial(
            sns.set_topic_attributes,
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": []}),
        ),
    )
    yield (
        "topic: key",
        partial(
            sns.set_topic_attributes, TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/another"
        ),
    )
    yield "topic: tags", partial(sns.tag_resource, ResourceArn=topic, Tags=TAGS)
    for name, value in {
        "RawMessageDelivery": "false",
        "FilterPolicy": '{"kind": ["none"]}',
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": other_queue}),
    }.items():
        yield (
            f"subscription: {name}",
            partial(
                sns.set_subscription_attributes, SubscriptionArn=subscription, AttributeName=name, AttributeValue=value
            ),
        )
    for queue in ("queue", "queue-dead-letters", "queue-undelivered"):
        url = sqs.get_queue_url(QueueName=f"{project}-{queue}")["QueueUrl"]
        attributes = {
            "VisibilityTimeout": "7",
            "MessageRetentionPeriod": "77",
            "ReceiveMessageWaitTimeSeconds": "1",
            "DelaySeconds": "7",
            "MaximumMessageSize": "2048",
            "SqsManagedSseEnabled": "false",
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": []}),
        }
        if queue == "queue":
            attributes["RedrivePolicy"] = ""
        for name, value in attributes.items():
            yield (
                f"{queue}: {name}",
                partial(sqs.set_queue_attributes, QueueUrl=url, Attributes={name: value}),
            )
        yield f"{queue}: tags", partial(sqs.tag_queue, QueueUrl=url, Tags={"environment": "another"})


def _registry(ecr: Any, project: str) -> Iterator[Change]:
    name = f"{project}-api"
    arn = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"]
    yield (
        "repository: mutability",
        partial(ecr.put_image_tag_mutability, repositoryName=name, imageTagMutability="MUTABLE"),
    )
    yield (
        "repository: scanning",
        partial(
            ecr.put_image_scanning_configuration, repositoryName=name, imageScanningConfiguration={"scanOnPush": False}
        ),
    )
    yield "repository: lifecycle", partial(ecr.delete_lifecycle_policy, repositoryName=name)
    yield "repository: tags", partial(ecr.tag_resource, resourceArn=arn, tags=TAGS)


def _network(ec2: Any, project: str) -> Iterator[Change]:
    filters = [{"Name": "tag:project", "Values": [project]}]
    vpc = ec2.describe_vpcs(Filters=filters)["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=filters)["Subnets"]
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    yield "vpc: DNS host names", partial(ec2.modify_vpc_attribute, VpcId=vpc, EnableDnsHostnames={"Value": False})
    yield (
        "subnet: public addresses",
        partial(
            ec2.modify_subnet_attribute,
            SubnetId=subnets[0]["SubnetId"],
            MapPublicIpOnLaunch={"Value": not subnets[0]["MapPublicIpOnLaunch"]},
        ),
    )
    for table in tables:
        yield (
            f"route table {table['RouteTableId']}: route removed",
            partial(ec2.delete_route, RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0"),
        )
        associations = [each for each in table["Associations"] if each.get("SubnetId")]
        yield (
            f"route table {table['RouteTableId']}: association removed",
            partial(ec2.disassociate_route_table, AssociationId=associations[0]["RouteTableAssociationId"]),
        )
    for group in groups:
        yield (
            f"security group {group['GroupName']}: rule added",
            partial(
                ec2.authorize_security_group_ingress,
                GroupId=group["GroupId"],
                IpPermissions=[
                    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                ],
            ),
        )
        if group["IpPermissions"]:
            yield (
                f"security group {group['GroupName']}: rule removed",
                partial(
                    ec2.revoke_security_group_ingress,
                    GroupId=group["GroupId"],
                    IpPermissions=group["IpPermissions"][:1],
                ),
            )
    for kind, resource in {
        "vpc": vpc,
        "subnet": subnets[0]["SubnetId"],
        "route table": tables[0]["RouteTableId"],
        "security group": groups[0]["GroupId"],
    }.items():
        yield (
            f"{kind}: tags",
            partial(ec2.create_tags, Resources=[resource], Tags=[{"Key": "environment", "Value": "another"}]),
        )


def _load_balancer(elb: Any, project: str) -> Iterator[Change]:
    balancer = elb.describe_load_balancers(Names=[project])["LoadBalancers"][0]["LoadBalancerArn"]
    (group,) = elb.describe_target_groups(Names=[project])["TargetGroups"]
    listener = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    rule = next(each for each in elb.describe_rules(ListenerArn=listener)["Rules"] if not each["IsDefault"])
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    yield (
        "load balancer: idle timeout",
        partial(
            elb.modify_load_balancer_attributes,
            LoadBalancerArn=balancer,
            Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "7"}],
        ),
    )
    yield "listener: default action", partial(elb.modify_listener, ListenerArn=listener, DefaultActions=fixed)
    yield (
        "rule: paths",
        partial(
            elb.modify_rule, RuleArn=rule["RuleArn"], Conditions=[{"Field": "path-pattern", "Values": ["/another"]}]
        ),
    )
    yield "rule: action", partial(elb.modify_rule, RuleArn=rule["RuleArn"], Actions=fixed)
    yield (
        "target group: health check",
        partial(elb.modify_target_group, TargetGroupArn=group["TargetGroupArn"], HealthCheckPath="/another"),
    )
    yield (
        "target group: deregistration delay",
        partial(
            elb.modify_target_group_attributes,
            TargetGroupArn=group["TargetGroupArn"],
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "7"}],
        ),
    )
    for kind, arn in {"load balancer": balancer, "target group": group["TargetGroupArn"]}.items():
        yield f"{kind}: tags", partial(elb.add_tags, ResourceArns=[arn], Tags=TAGS)


def _iam(iam: Any, project: str) -> Iterator[Change]:
    name = f"{project}-us-west-2-api"
    policy = iam.list_role_policies(RoleName=name)["PolicyNames"][0]
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    yield "role: trust", partial(iam.update_assume_role_policy, RoleName=name, PolicyDocument=json.dumps(OTHER_POLICY))
    yield (
        "role: policy",
        partial(iam.put_role_policy, RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(allow)),
    )
    yield (
        "role: another policy",
        partial(iam.put_role_policy, RoleName=name, PolicyName="another", PolicyDocument=json.dumps(allow)),
    )
    yield (
        "role: attached policy",
        partial(iam.attach_role_policy, RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    )
    yield "role: tags", partial(iam.tag_role, RoleName=name, Tags=TAGS)


def _services(ecs: Any, logs: Any, project: str) -> Iterator[Change]:
    group = f"/ecs/{project}/api"
    yield "log group: retention", partial(logs.put_retention_policy, logGroupName=group, retentionInDays=1)
    yield "log group: tags", partial(logs.tag_log_group, logGroupName=group, tags={"environment": "another"})
    yield (
        "cluster: settings",
        partial(
            ecs.update_cluster_settings, cluster=project, settings=[{"name": "containerInsights", "value": "enhanced"}]
        ),
    )
    service = ecs.describe_services(cluster=project, services=["api"])["services"][0]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    kept = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "cpu")
    yield (
        "service: task definition",
        partial(
            ecs.update_service,
            cluster=project,
            service="api",
            taskDefinition=ecs.register_task_definition(
                **{key: definition[key] for key in kept}, memory="1024", requiresCompatibilities=["FARGATE"]
            )["taskDefinition"]["taskDefinitionArn"],
        ),
    )
    yield "service: number of tasks", partial(ecs.update_service, cluster=project, service="api", desiredCount=2)
    yield (
        "service: grace period",
        partial(ecs.update_service, cluster=project, service="api", healthCheckGracePeriodSeconds=7),
    )
    yield (
        "service: deployment",
        partial(
            ecs.update_service,
            cluster=project,
            service="processor",
            deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50},
        ),
    )
    for arn in (service["serviceArn"], service["clusterArn"]):
        yield (
            f"{arn.split('/')[-1]}: tags",
            partial(ecs.tag_resource, resourceArn=arn, tags=[{"key": "environment", "value": "another"}]),
        )


def _monitoring(cloudwatch: Any, project: str) -> Iterator[Change]:
    alarm = cloudwatch.describe_alarms(AlarmNamePrefix=f"{project}-")["MetricAlarms"][0]
    kept = ("AlarmName", "MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator")
    yield (
        "alarm: threshold",
        partial(cloudwatch.put_metric_alarm, **{key: alarm[key] for key in kept if key in alarm}, Threshold=777.0),
    )
    yield (
        "alarm: removed",
        partial(
            cloudwatch.delete_alarms,
            AlarmNames=[cloudwatch.describe_alarms(AlarmNamePrefix=f"{project}-")["MetricAlarms"][1]["AlarmName"]],
        ),
    )
    yield (
        "dashboard: body",
        partial(cloudwatch.put_dashboard, DashboardName=f"{project}-us-west-2", DashboardBody='{"widgets": []}'),
    )
