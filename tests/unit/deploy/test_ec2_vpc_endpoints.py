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
}
ARGUMENTS = {
    "vpc_id": "vpc-1",
    "interface_services": ["sqs"],
    "subnet_ids": ["subnet-1"],
    "security_group_id": "sg-1",
    "tags": {"project": "orders"},
}


@pytest.fixture(autouse=True)
def hasten(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "SECONDS_BETWEEN_LOOKS", 0)


def find(aws: Aws, *endpoints: dict[str, Any]) -> None:
    filters = [{"Name": "vpc-id", "Values": ["vpc-1"]}]
    aws["ec2"].add_response("describe_vpc_endpoints", {"VpcEndpoints": list(endpoints)}, {"Filters": filters})


def make(aws: Aws, service: str, **settings: object) -> None:
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


def make_sqs(aws: Aws) -> None:
    make(
        aws,
        "sqs",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=["subnet-1"],
        SecurityGroupIds=["sg-1"],
    )


def test_an_endpoint_is_made_and_waited_for(aws: Aws, run_module: RunModule) -> None:
    find(aws)
    make_sqs(aws)
    find(aws, SQS | {"State": "pending"})
    find(aws, SQS)

    result = run_module(**ARGUMENTS)

    assert (result["changed"], result["made"]) == (True, ["com.amazonaws.us-west-2.sqs"])


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}


def test_a_new_endpoint_gets_its_policy(aws: Aws, run_module: RunModule) -> None:
    find(aws)
    make(
        aws,
        "sqs",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=["subnet-1"],
        SecurityGroupIds=["sg-1"],
        PolicyDocument=json.dumps(POLICY),
    )
    find(aws, SQS)

    assert run_module(**ARGUMENTS, policies={"sqs": POLICY, "sns": {}})["made"] == ["com.amazonaws.us-west-2.sqs"]


def test_another_policy_is_replaced(aws: Aws, run_module: RunModule) -> None:
    everything = json.dumps(POLICY | {"Version": "2008-10-17"})
    find(aws, SQS | {"PolicyDocument": everything})
    changes = {"VpcEndpointId": "vpce-1", "PolicyDocument": json.dumps(POLICY)}
    aws["ec2"].add_response("modify_vpc_endpoint", {}, changes)
    find(aws, SQS)

    assert run_module(**ARGUMENTS, policies={"sqs": POLICY})["moved"] == ["com.amazonaws.us-west-2.sqs"]


@pytest.mark.parametrize("returned", [{}, {"PolicyDocument": json.dumps(POLICY, indent=1)}])
def test_the_same_policy_and_one_that_is_not_returned_are_left_alone(
    aws: Aws, run_module: RunModule, returned: dict[str, str]
) -> None:
    find(aws, SQS | returned)
    find(aws, SQS)

    assert run_module(**ARGUMENTS, policies={"sqs": POLICY})["changed"] is False


def test_a_gateway_endpoint_has_route_tables_and_no_security_group(aws: Aws, run_module: RunModule) -> None:
    find(aws)
    make(aws, "s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-1"])
    find(aws)

    gateway = {"gateway_services": ["s3"], "route_table_ids": ["rtb-1"]}
    result = run_module(**ARGUMENTS | gateway | {"interface_services": []})

    assert result["made"] == ["com.amazonaws.us-west-2.s3"]


@pytest.mark.parametrize("state", ["available", "Available"])
def test_an_endpoint_as_it_should_be_is_left_alone(aws: Aws, run_module: RunModule, state: str) -> None:
    find(aws, SQS | {"State": state})
    find(aws, SQS | {"State": state})

    assert not run_module(**ARGUMENTS)["changed"]


def test_an_endpoint_moves_to_other_subnets_without_being_made_anew(aws: Aws, run_module: RunModule) -> None:
    find(aws, SQS)
    aws["ec2"].add_response(
        "modify_vpc_endpoint",
        {},
        {"VpcEndpointId": "vpce-1", "AddSubnetIds": ["subnet-2"], "RemoveSubnetIds": ["subnet-1"]},
    )
    find(aws, SQS | {"SubnetIds": ["subnet-2"]})

    result = run_module(**ARGUMENTS | {"subnet_ids": ["subnet-2"]})

    assert (result["changed"], result["moved"]) == (True, ["com.amazonaws.us-west-2.sqs"])


def test_an_endpoint_is_made_only_after_the_old_one_has_gone(aws: Aws, run_module: RunModule) -> None:
    find(aws, SQS | {"State": "deleting"})
    find(aws, SQS | {"State": "deleted"})
    make_sqs(aws)
    find(aws, SQS)

    assert run_module(**ARGUMENTS)["made"] == ["com.amazonaws.us-west-2.sqs"]


def test_endpoints_of_other_vpcs_do_not_count(aws: Aws, run_module: RunModule) -> None:
    find(aws, SQS | {"VpcId": "vpc-2"})
    make_sqs(aws)
    find(aws, SQS)

    assert run_module(**ARGUMENTS)["changed"]


def test_check_mode_makes_nothing_and_says_what_it_would(aws: Aws, run_module: RunModule) -> None:
    find(aws)

    assert run_module(**ARGUMENTS, _ansible_check_mode=True)["made"] == ["com.amazonaws.us-west-2.sqs"]


def test_an_endpoint_that_failed_is_named(aws: Aws, run_module: RunModule) -> None:
    find(aws, SQS | {"State": "failed"})

    result = run_module(**ARGUMENTS)

    assert result["failed"]
    assert "com.amazonaws.us-west-2.sqs" in result["msg"]


def test_an_endpoint_that_takes_too_long_is_named(aws: Aws, run_module: RunModule) -> None:
    find(aws)
    make_sqs(aws)
    find(aws, SQS | {"State": "pending"})

    result = run_module(**ARGUMENTS, wait_timeout=-1)

    assert result["failed"]
    assert "{'com.amazonaws.us-west-2.sqs': 'pending'}" in result["msg"]


def test_an_error_names_the_vpc(aws: Aws, run_module: RunModule) -> None:
    aws["ec2"].add_client_error("describe_vpc_endpoints", "UnauthorizedOperation")

    result = run_module(**ARGUMENTS)

    assert result["failed"]
    assert "vpc-1" in result["msg"]
