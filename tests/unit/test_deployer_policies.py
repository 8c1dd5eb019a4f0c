"""The documented policies of the deployer, and the boundary of the roles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "docs/deployer-policies"
LONGEST_PROJECT = "p" * 20  # what preflight allows
LONGEST_POLICY = 6144  # the maximum of a managed policy, in characters without white space


def statements(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DIRECTORY / f"{name}.json").read_text())["Statement"]
    return found


def actions(found: list[dict[str, Any]]) -> set[str]:
    """Return the actions of policy statements."""
    return {
        action for each in found for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }


def deployer() -> list[dict[str, Any]]:
    return [each for path in DIRECTORY.glob("*.json") if path.stem != "boundary" for each in statements(path.stem)]


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.json")), ids=lambda path: path.name)
def test_a_policy_fits_into_a_managed_policy(path: Path) -> None:
    text = "".join(path.read_text().split()).replace("${ACCOUNT}", "0" * 12).replace("${REGION}", "ap-southeast-99")
    text = text.replace("${PARTITION}", "aws-us-gov")

    assert len(text.replace("${PROJECT}", LONGEST_PROJECT)) <= LONGEST_POLICY


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.json")), ids=lambda path: path.name)
def test_a_policy_is_for_any_partition(path: Path) -> None:
    arns = re.findall(r'"(arn:.*)"', path.read_text())

    assert arns
    assert [arn for arn in arns if not arn.startswith("arn:${PARTITION}:")] == []


def test_the_boundary_allows_what_the_roles_of_the_project_need() -> None:
    services = yaml.safe_load((ROOT / "inventories/system.yml").read_text())["services"].values()
    role = yaml.safe_load((ROOT / "roles/iam_roles/vars/main.yml").read_text())
    needed = [each for service in services for each in service["permissions"]]
    needed += role["__iam_roles_execution"] + role["__iam_roles_exec"]
    needed.append({"Action": "sqs:GetQueueAttributes"})  # of the service in docs/adding-a-service.md

    assert actions(needed) == actions(statements("boundary"))


def test_no_action_goes_around_the_boundary() -> None:
    iam = {action for action in actions(deployer()) if action.startswith("iam:")}

    assert not any("*" in action for action in iam)
    assert iam.isdisjoint(
        {
            "iam:AttachRolePolicy",
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeleteRolePermissionsBoundary",
            "iam:SetDefaultPolicyVersion",
            "iam:UpdateAssumeRolePolicy",
        }
    )


@pytest.mark.parametrize("action", ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"])
def test_a_role_needs_the_boundary(action: str) -> None:
    boundary = {
        "StringEquals": {
            "iam:PermissionsBoundary": "arn:${PARTITION}:iam::${ACCOUNT}:policy/${PROJECT}-${REGION}-boundary"
        }
    }

    assert [each["Condition"] for each in deployer() if action in actions([each])] == [boundary]


# What the modules call when resource_tags changes, or when somebody adds a tag. For an existing log group they call the
# older operations (amazon.aws.cloudwatchlogs_log_group).
@pytest.mark.parametrize(
    "action",
    [
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
        "ec2:CreateTags",
        "ec2:DeleteTags",
        "ecr:TagResource",
        "ecr:UntagResource",
        "ecs:TagResource",
        "ecs:UntagResource",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:RemoveTags",
        "iam:TagRole",
        "iam:UntagRole",
        "logs:TagLogGroup",
        "logs:UntagLogGroup",
        "s3:PutBucketTagging",
        "sns:TagResource",
        "sns:UntagResource",
        "sqs:TagQueue",
        "sqs:UntagQueue",
    ],
)
def test_the_tags_of_an_existing_resource_can_be_changed(action: str) -> None:
    assert action in actions(deployer())


# The minimum for ECS in the guide to Application Auto Scaling, which checks the caller's permissions by calls of its
# own: docs/aws.md has the sources.
@pytest.mark.parametrize(
    "action",
    [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "ecs:DescribeServices",
        "ecs:UpdateService",
    ],
)
def test_autoscaling_finds_an_action_permitted_without_a_resource(action: str) -> None:
    assert "*" in [each["Resource"] for each in deployer() if action in actions([each])]


def test_services_of_others_are_changed_by_way_of_autoscaling_only() -> None:
    (condition,) = [
        each["Condition"] for each in deployer() if "ecs:UpdateService" in actions([each]) and each["Resource"] == "*"
    ]

    assert condition == {
        "Bool": {"aws:ViaAWSService": "true"},
        "StringEquals": {"aws:RequestedRegion": "${REGION}"},
    }


def test_changes_of_the_network_need_a_tag_or_are_new_security_groups() -> None:
    changes = [
        each
        for each in statements("network")
        if any(action.startswith("ec2:") and action != "ec2:Describe*" for action in actions([each]))
        and "ec2:Describe*" not in actions([each])
    ]

    assert len(changes) == 4
    for each in changes:
        keys = each["Condition"]["StringEquals"].keys()
        assert "aws:RequestedRegion" in keys
        assert keys & {"aws:RequestTag/project", "aws:ResourceTag/project"} or (
            each["Action"] == "ec2:CreateSecurityGroup" and each["Resource"].endswith(":vpc/*")
        )
