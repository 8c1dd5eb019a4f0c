"""What a deployer with the documented policies cannot do: become an administrator, or change what belongs to others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.conftest import REGION

if TYPE_CHECKING:
    from tests.rehearsal.conftest import StandIn

pytestmark = [pytest.mark.policies, pytest.mark.timeout(900)]  # the first test waits for the stand-in

REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
CONTAINERS = [{"name": "x", "image": "x", "memory": 128}]
OPEN = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


class Account(NamedTuple):
    """The account before the deployer does anything: what belongs to others, and a role and a group of the project."""

    stand_in: StandIn
    names: dict[str, str]  # that the calls below refer to

    def call(self, service: str, operation: str, arguments: dict[str, Any], region: str = REGION) -> str:
        """Make a call as the deployer, and return its error code."""
        client = self.stand_in.client(service, self.stand_in.credentials, region)
        filled = json.loads(self.filled(json.dumps(arguments)))
        try:
            getattr(client, operation)(**filled)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    def filled(self, text: str) -> str:
        """Replace <NAME> by what it stands for."""
        for name, value in self.names.items():
            text = text.replace(f"<{name}>", value)
        return text


@pytest.fixture(scope="module")
def account(stand_in: StandIn) -> Account:
    """Create the resources with the permissions of the root user."""
    iam, ec2, ecs = stand_in.client("iam"), stand_in.client("ec2"), stand_in.client("ecs")
    boundary = f"arn:aws:iam::{stand_in.account}:policy/{stand_in.boundary}"
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]

    def role(name: str, **arguments: str) -> str:
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **arguments)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
        return arn

    def group(name: str, tags: list[dict[str, str]]) -> str:
        specification = [{"ResourceType": "security-group", "Tags": tags}] if tags else []
        created = ec2.create_security_group(
            GroupName=name, Description=name, VpcId=vpc, TagSpecifications=specification
        )
        return str(created["GroupId"])

    names = {
        "PROJECT": stand_in.project,
        "REGION": REGION,
        "ACCOUNT": stand_in.account,
        "BOUNDARY": boundary,
        "VPC": vpc,
        "FOREIGN_ROLE": role("administrators"),
        "OWN_ROLE": role(f"{stand_in.project}-{REGION}-own", PermissionsBoundary=boundary),
        "UNBOUNDED_ROLE": role(f"{stand_in.project}-{REGION}-unbounded"),
        "EARLIER_ROLE": role(f"{stand_in.project}-{REGION}-earlier"),
        "FOREIGN_GROUP": group("foreign", [{"Key": "project", "Value": "other"}]),
        "UNTAGGED_GROUP": group("untagged", []),
        "OWN_GROUP": group("own", [{"Key": "project", "Value": stand_in.project}]),
    }
    ecs.create_cluster(clusterName=stand_in.project)
    ecs.register_task_definition(family=f"{stand_in.project}-own", containerDefinitions=CONTAINERS)
    return Account(stand_in, names)


def role_arguments(**arguments: str) -> dict[str, str]:
    return {"RoleName": "<PROJECT>-<REGION>-x", "AssumeRolePolicyDocument": TRUST, **arguments}


def group_arguments(name: str, project: str | None) -> dict[str, Any]:
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "project", "Value": project}]}]
    return {
        "GroupName": name,
        "Description": name,
        "VpcId": "<VPC>",
        **({"TagSpecifications": tags} if project else {}),
    }


def task_definition(role: str, field: str = "taskRoleArn") -> dict[str, Any]:
    return {"family": "<PROJECT>-x", "containerDefinitions": CONTAINERS, field: role}


OTHER_BOUNDARY = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN_TASK = {"cluster": "<PROJECT>", "taskDefinition": "<PROJECT>-own"}
ATTACKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create a role without a boundary": ("iam", "create_role", role_arguments()),
    "create a role with a wider boundary": ("iam", "create_role", role_arguments(PermissionsBoundary=OTHER_BOUNDARY)),
    "create a role of another project": (
        "iam",
        "create_role",
        role_arguments(RoleName="administrators-2", PermissionsBoundary="<BOUNDARY>"),
    ),
    "create a role of another region": (
        "iam",
        "create_role",
        role_arguments(RoleName="<PROJECT>-eu-central-1-x", PermissionsBoundary="<BOUNDARY>"),
    ),
    "permit everything to a role without a boundary": (
        "iam",
        "put_role_policy",
        {"RoleName": "<PROJECT>-<REGION>-unbounded", "PolicyName": "x", "PolicyDocument": EVERYTHING},
    ),
    "attach a managed policy": (
        "iam",
        "attach_role_policy",
        {"RoleName": "<PROJECT>-<REGION>-own", "PolicyArn": OTHER_BOUNDARY},
    ),
    "change who may assume a role": (
        "iam",
        "update_assume_role_policy",
        {"RoleName": "<PROJECT>-<REGION>-own", "PolicyDocument": TRUST},
    ),
    "remove the boundary": ("iam", "delete_role_permissions_boundary", {"RoleName": "<PROJECT>-<REGION>-own"}),
    "widen the boundary of a role": (
        "iam",
        "put_role_permissions_boundary",
        {"RoleName": "<PROJECT>-<REGION>-own", "PermissionsBoundary": OTHER_BOUNDARY},
    ),
    "change the document of the boundary": (
        "iam",
        "create_policy_version",
        {"PolicyArn": "<BOUNDARY>", "PolicyDocument": EVERYTHING, "SetAsDefault": True},
    ),
    "permit everything to itself": (
        "iam",
        "put_user_policy",
        {"UserName": "deployer", "PolicyName": "x", "PolicyDocument": EVERYTHING},
    ),
    "pass a foreign role as the task role": ("ecs", "register_task_definition", task_definition("<FOREIGN_ROLE>")),
    "pass a foreign role as the execution role": (
        "ecs",
        "register_task_definition",
        task_definition("<FOREIGN_ROLE>", "executionRoleArn"),
    ),
    "pass a foreign role to one task": (
        "ecs",
        "run_task",
        {**OWN_TASK, "overrides": {"taskRoleArn": "<FOREIGN_ROLE>"}},
    ),
    "open a foreign security group": (
        "ec2",
        "authorize_security_group_ingress",
        {"GroupId": "<FOREIGN_GROUP>", "IpPermissions": OPEN},
    ),
    "open a security group without tags": (
        "ec2",
        "authorize_security_group_ingress",
        {"GroupId": "<UNTAGGED_GROUP>", "IpPermissions": OPEN},
    ),
    "tag a foreign security group as its own": (
        "ec2",
        "create_tags",
        {"Resources": ["<FOREIGN_GROUP>"], "Tags": [{"Key": "project", "Value": "<PROJECT>"}]},
    ),
    "tag a foreign security group beside its own": (
        "ec2",
        "create_tags",
        {"Resources": ["<OWN_GROUP>", "<UNTAGGED_GROUP>"], "Tags": [{"Key": "project", "Value": "<PROJECT>"}]},
    ),
    "remove a foreign security group": ("ec2", "delete_security_group", {"GroupId": "<FOREIGN_GROUP>"}),
    "create a security group without tags": ("ec2", "create_security_group", group_arguments("x-untagged", None)),
    "create a security group for another project": (
        "ec2",
        "create_security_group",
        group_arguments("x-other", "other"),
    ),
    "stop the service of others": (
        "ecs",
        "update_service",
        {"cluster": "others", "service": "others", "desiredCount": 0},
    ),
    "create a subnet in a foreign VPC": (
        "ec2",
        "create_subnet",
        {
            "VpcId": "<VPC>",
            "CidrBlock": "10.9.1.0/24",
            "TagSpecifications": [{"ResourceType": "subnet", "Tags": [{"Key": "project", "Value": "<PROJECT>"}]}],
        },
    ),
}

# What a deployment needs, so that the refusals above are not those of a policy that allows nothing.
NEEDED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create a role with the boundary": ("iam", "create_role", role_arguments(PermissionsBoundary="<BOUNDARY>")),
    "set the policy of a role with the boundary": (
        "iam",
        "put_role_policy",
        {"RoleName": "<PROJECT>-<REGION>-own", "PolicyName": "everything", "PolicyDocument": EVERYTHING},
    ),
    "give the boundary to a role without one": (
        "iam",
        "put_role_permissions_boundary",
        {"RoleName": "<PROJECT>-<REGION>-earlier", "PermissionsBoundary": "<BOUNDARY>"},
    ),
    "pass a role of the project": ("ecs", "register_task_definition", task_definition("<OWN_ROLE>")),
    "create a security group": ("ec2", "create_security_group", group_arguments("x-tagged", "<PROJECT>")),
    "open a security group of the project": (
        "ec2",
        "authorize_security_group_ingress",
        {"GroupId": "<OWN_GROUP>", "IpPermissions": OPEN},
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_deployer_cannot(account: Account, attack: str) -> None:
    assert account.call(*ATTACKS[attack]) in REFUSED


@pytest.mark.parametrize("need", NEEDED)
def test_the_deployer_can(account: Account, need: str) -> None:
    assert account.call(*NEEDED[need]) == ""


def test_the_deployer_cannot_create_in_another_region(account: Account) -> None:
    assert account.call("ec2", "create_internet_gateway", tagged_gateway()) == ""
    assert account.call("ec2", "create_internet_gateway", tagged_gateway(), region="eu-central-1") in REFUSED


def tagged_gateway() -> dict[str, Any]:
    return {
        "TagSpecifications": [{"ResourceType": "internet-gateway", "Tags": [{"Key": "project", "Value": "<PROJECT>"}]}]
    }


def test_a_role_that_is_permitted_everything_stays_within_its_boundary(account: Account) -> None:
    stand_in = account.stand_in
    topic = stand_in.client("sns").create_topic(Name=f"{stand_in.project}-events")["TopicArn"]
    session = stand_in.client("sts").assume_role(RoleArn=account.names["OWN_ROLE"], RoleSessionName="task")
    credentials = {
        "AWS_ACCESS_KEY_ID": session["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["Credentials"]["SessionToken"],
    }
    stand_in.client("sns", credentials).publish(TopicArn=topic, Message="{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        stand_in.client("iam", credentials).create_user(UserName="administrator")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        stand_in.client("ec2", credentials).describe_vpcs()
