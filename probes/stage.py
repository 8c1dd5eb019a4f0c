"""What takes long to create, and all probes of tasks and load balancers share: network, cluster, image, load balancer.

Each function is for `Shared.once`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from probes.engine import push
from probes.errors import describe
from probes.identity import PROPAGATION_SECONDS, policy
from probes.probe import NotOfferedError, NotShownError

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.lab import Lab

IDLE_SECONDS = 6
"""The idle timeout of the load balancer, short so that a probe can wait for it."""

SERVER_PORT = 8080
_CREATION_SECONDS = 300.0
_TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
_TAGS = [{"Key": "project", "Value": "orders-probe"}]


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC with a public subnet in each of two zones, and a security group."""

    vpc: str
    subnets: list[str]
    security_group: str


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """An application load balancer and its listener, which answers 404 to what no rule matches."""

    arn: str
    listener: str
    name: str
    dns_name: str


def _removed_when_unused(lab: Lab, call: Callable[..., object], **parameters: object) -> None:
    """Remove something at the end, once nothing uses it any more: network interfaces go some minutes after tasks."""

    def remove() -> None:
        last: ClientError | None = None

        def gone() -> bool:
            nonlocal last
            try:
                call(**parameters)
            except ClientError as error:
                last = error
                return "NotFound" in describe(error)
            last = None
            return True

        if not lab.until(gone, 20 + 5 * lab.environment.settle_seconds, every=1) and last:
            raise last

    lab.defer(remove)


def network(lab: Lab) -> Network:
    """Create the network."""
    ec2 = lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.96.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": _TAGS}])["Vpc"][
        "VpcId"
    ]
    _removed_when_unused(lab, ec2.delete_vpc, VpcId=vpc)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    _removed_when_unused(lab, ec2.delete_internet_gateway, InternetGatewayId=gateway)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    _removed_when_unused(lab, ec2.detach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=tables[0]["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    subnets = []
    for number, zone in enumerate(ec2.describe_availability_zones()["AvailabilityZones"][:2]):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.96.{number}.0/24", AvailabilityZone=zone["ZoneName"])
        subnets.append(subnet["Subnet"]["SubnetId"])
        _removed_when_unused(lab, ec2.delete_subnet, SubnetId=subnets[-1])
    group = ec2.create_security_group(GroupName=lab.name(), Description="orders-probe", VpcId=vpc)["GroupId"]
    _removed_when_unused(lab, ec2.delete_security_group, GroupId=group)
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            {
                "IpProtocol": "tcp",
                "FromPort": SERVER_PORT,
                "ToPort": SERVER_PORT,
                "UserIdGroupPairs": [{"GroupId": group}],
            },
        ],
    )
    return Network(vpc, subnets, group)


def cluster(lab: Lab) -> str:
    """Create the cluster and return its name."""
    ecs = lab.client("ecs")
    name = lab.name()
    ecs.create_cluster(clusterName=name)

    def remove() -> None:
        for arn in ecs.list_tasks(cluster=name)["taskArns"]:
            ecs.stop_task(cluster=name, task=arn)
        ecs.delete_cluster(cluster=name)

    _removed_when_unused(lab, remove)
    return name


def execution_role(lab: Lab) -> str:
    """Create the role with which ECS pulls images and writes logs; return its ARN."""
    iam = lab.client("iam")
    name = lab.name()
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(_TRUST))["Role"]["Arn"]
    lab.defer(iam.delete_role, RoleName=name)
    actions = ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    actions += ["logs:CreateLogStream", "logs:PutLogEvents"]
    document = policy({"Effect": "Allow", "Action": actions, "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=document)
    lab.defer(iam.delete_role_policy, RoleName=name, PolicyName="probe")
    lab.wait(min(PROPAGATION_SECONDS, lab.environment.settle_seconds))  # ECS does not wait for it
    return arn


def log_group(lab: Lab) -> str:
    """Create the log group of all tasks and return its name."""
    logs = lab.client("logs")
    name = lab.name()
    logs.create_log_group(logGroupName=name)
    lab.defer(logs.delete_log_group, logGroupName=name)
    return name


def image(lab: Lab) -> str:
    """Push the image of the tasks and return its address.

    Raises NotShownError without an image, or if it cannot be pushed.
    """
    environment = lab.environment
    if not environment.image:
        message = "this run has no image for tasks"
        raise NotShownError(message)
    ecr = lab.client("ecr")
    name = lab.name()
    uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    lab.defer(ecr.delete_repository, repositoryName=name, force=True)
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    username, _, password = base64.b64decode(token).decode().partition(":")
    address = f"{environment.address_of(uri.partition('/')[0])}/{name}"
    return push(lab, environment.image, address, {"username": username, "password": password})


def load_balancer(lab: Lab) -> LoadBalancer:
    """Create the load balancer: its idle timeout is IDLE_SECONDS, and it drops invalid headers."""
    elb = lab.client("elbv2")
    stage = lab.shared.once(network)
    name = lab.name().removeprefix("orders-")[:32]
    created: dict[str, Any] = elb.create_load_balancer(
        Name=name, Subnets=stage.subnets, SecurityGroups=[stage.security_group], Type="application"
    )["LoadBalancers"][0]
    arn = created["LoadBalancerArn"]
    lab.defer(elb.delete_load_balancer, LoadBalancerArn=arn)
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[
            {"Key": "idle_timeout.timeout_seconds", "Value": str(IDLE_SECONDS)},
            {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
        ],
    )
    response = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "no rule"}
    listener = elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": response}],
    )["Listeners"][0]["ListenerArn"]
    lab.defer(elb.delete_listener, ListenerArn=listener)

    def state() -> object:
        return elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"]

    if not lab.until(lambda: state() == "active", _CREATION_SECONDS, every=1):
        message = f"the load balancer is {state()} after {_CREATION_SECONDS:.0f} s"
        raise NotOfferedError(message)
    return LoadBalancer(arn, listener, name, created["DNSName"])


def url_of(lab: Lab) -> str:
    """Return the URL of the load balancer; raises NotOfferedError if it does not answer here."""
    balancer = lab.shared.once(load_balancer)
    return lab.environment.url_of(balancer.name, balancer.dns_name)
