from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Aws, RunModule

SQS = {
    "VpcEndpointId": "vpce-1",
    "VpcId": "vpc-1",
    "ServiceName": "com.amazonaws.us-west-2.sqs",
    "State": "available",
    "SubnetIds": ["subnet-1"],
    "Tags": [{"Key": "project", "Value": "orders"}],
}
ARGUMENTS = {
    "vpc_id": "vpc-1",
    "interface_services": {"sqs": "com.amazonaws.us-west-2.sqs"},
    "gateway_services": {},
    "subnet_ids": ["subnet-1"],
    "security_group_id": "sg-1",
    "route_table_ids": [],
    "tags": {"project": "orders"},
}


@pytest.fixture(autouse=True)
def no_delay(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "INTERVAL_SECONDS", 0)


def existing(aws: Aws, *endpoints: dict[str, Any]) -> None:
    filters = [{"Name": "vpc-id", "Values": ["vpc-1"]}]
    aws["ec2"].add_response("describe_vpc_endpoints", {"VpcEndpoints": list(endpoints)}, {"Filters": filters})


def expect_created(aws: Aws, service: str, **settings: object) -> None:
    aws["ec2"].add_response(
        "create_vpc_endpoint",
        {},
        {
            "VpcId": "vpc-1",
            "ServiceName": f"com.amazonaws.us-west-2.{service}",
            "TagSpecifications": [
                {"ResourceType": "vpc-endpoint", "Tags": [{"Key": "project", "Value": "orders"}]},
            ],
            **settings,
        },
    )


def expect_sqs_created(aws: Aws) -> None:
    expect_created(
        aws,
        "sqs",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=["subnet-1"],
        SecurityGroupIds=["sg-1"],
    )


def test_a_missing_endpoint_is_created_and_waited_for(aws: Aws, run_module: RunModule) -> None:
    existing(aws)
    expect_sqs_created(aws)
    existing(aws, SQS | {"State": "pending"})
    existing(aws, SQS)

    assert run_module(**ARGUMENTS)["changed"]


def test_other_tags_are_replaced(aws: Aws, run_module: RunModule) -> None:
    existing(aws, SQS | {"Tags": [{"Key": "project", "Value": "other"}, {"Key": "owner", "Value": "somebody"}]})
    endpoint = {"Resources": ["vpce-1"]}
    aws["ec2"].add_response("create_tags", {}, {**endpoint, "Tags": [{"Key": "project", "Value": "orders"}]})
    aws["ec2"].add_response("delete_tags", {}, {**endpoint, "Tags": [{"Key": "owner"}]})
    existing(aws, SQS)

    assert run_module(**ARGUMENTS)["changed"] is True


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}


def test_a_new_endpoint_gets_its_policy(aws: Aws, run_module: RunModule) -> None:
    existing(aws)
    expect_created(
        aws,
        "sqs",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=["subnet-1"],
        SecurityGroupIds=["sg-1"],
        PolicyDocument=json.dumps(POLICY),
    )
    existing(aws, SQS)

    assert run_module(**ARGUMENTS, policies={"sqs": POLICY, "sns": {}})["changed"] is True


def test_another_policy_is_replaced(aws: Aws, run_module: RunModule) -> None:
    everything = json.dumps(POLICY | {"Version": "2008-10-17"})
    existing(aws, SQS | {"PolicyDocument": everything})
    changes = {"VpcEndpointId": "vpce-1", "PolicyDocument": json.dumps(POLICY)}
    aws["ec2"].add_response("modify_vpc_endpoint", {}, changes)
    existing(aws, SQS)

    assert run_module(**ARGUMENTS, policies={"sqs": POLICY})["changed"] is True


@pytest.mark.parametrize("returned", [{}, {"PolicyDocument": json.dumps(POLICY, indent=1)}])
def test_the_same_policy_and_one_that_is_not_returned_are_left_alone(
    aws: Aws, run_module: RunModule, returned: dict[str, str]
) -> None:
    existing(aws, SQS | returned)
    existing(aws, SQS)

    assert run_module(**ARGUMENTS, policies={"sqs": POLICY})["changed"] is False


def test_a_gateway_endpoint_has_route_tables_and_no_security_group(aws: Aws, run_module: RunModule) -> None:
    existing(aws)
    expect_created(aws, "s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-1"])
    existing(aws)

    gateway = {"gateway_services": {"s3": "com.amazonaws.us-west-2.s3"}, "route_table_ids": ["rtb-1"]}

    assert run_module(**ARGUMENTS | gateway | {"interface_services": {}})["changed"]


@pytest.mark.parametrize("state", ["available", "Available"])
def test_an_unchanged_endpoint_is_left_alone(aws: Aws, run_module: RunModule, state: str) -> None:
    existing(aws, SQS | {"State": state})
    existing(aws, SQS | {"State": state})

    assert not run_module(**ARGUMENTS)["changed"]


def test_an_endpoint_is_moved_to_other_subnets(aws: Aws, run_module: RunModule) -> None:
    existing(aws, SQS)
    aws["ec2"].add_response(
        "modify_vpc_endpoint",
        {},
        {"VpcEndpointId": "vpce-1", "AddSubnetIds": ["subnet-2"], "RemoveSubnetIds": ["subnet-1"]},
    )
    existing(aws, SQS | {"SubnetIds": ["subnet-2"]})

    assert run_module(**ARGUMENTS | {"subnet_ids": ["subnet-2"]})["changed"]


def test_an_endpoint_is_created_after_the_old_one_has_been_deleted(aws: Aws, run_module: RunModule) -> None:
    existing(aws, SQS | {"State": "deleting"})
    existing(aws, SQS | {"State": "deleted"})
    expect_sqs_created(aws)
    existing(aws, SQS)

    assert run_module(**ARGUMENTS)["changed"]


def test_endpoints_of_other_vpcs_are_ignored(aws: Aws, run_module: RunModule) -> None:
    existing(aws, SQS | {"VpcId": "vpc-2"})
    expect_sqs_created(aws)
    existing(aws, SQS)

    assert run_module(**ARGUMENTS)["changed"]


def test_check_mode_changes_nothing(aws: Aws, run_module: RunModule) -> None:
    existing(aws)

    assert run_module(**ARGUMENTS, _ansible_check_mode=True)["changed"]


def test_an_endpoint_that_failed_is_named(aws: Aws, run_module: RunModule) -> None:
    existing(aws, SQS | {"State": "failed"})

    result = run_module(**ARGUMENTS)

    assert result["failed"]
    assert "com.amazonaws.us-west-2.sqs" in result["msg"]


def test_an_endpoint_that_takes_too_long_is_named(
    source: ModuleType, aws: Aws, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "TIMEOUT_SECONDS", -1)
    existing(aws)
    expect_sqs_created(aws)
    existing(aws, SQS | {"State": "pending"})

    result = run_module(**ARGUMENTS)

    assert result["failed"]
    assert "{'com.amazonaws.us-west-2.sqs': 'pending'}" in result["msg"]


def test_an_error_names_the_vpc(aws: Aws, run_module: RunModule) -> None:
    aws["ec2"].add_client_error("describe_vpc_endpoints", "UnauthorizedOperation")

    result = run_module(**ARGUMENTS)

    assert result["failed"]
    assert "vpc-1" in result["msg"]
