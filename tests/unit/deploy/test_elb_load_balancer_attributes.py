from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/orders/0123456789abcdef"
DROP = "routing.http.drop_invalid_header_fields.enabled"
LOGS = "access_logs.s3.enabled"
WANTED = {DROP: "true", LOGS: "false"}


def exists(aws: Aws, **attributes: str) -> None:
    aws["elbv2"].add_response(
        "describe_load_balancers", {"LoadBalancers": [{"LoadBalancerArn": ARN}]}, {"Names": ["orders"]}
    )
    aws["elbv2"].add_response(
        "describe_load_balancer_attributes",
        {"Attributes": [{"Key": name, "Value": value} for name, value in attributes.items()]},
        {"LoadBalancerArn": ARN},
    )


def test_only_attributes_that_differ_are_set(aws: Aws, run_module: RunModule) -> None:
    exists(aws, **{DROP: "false", LOGS: "false"})
    aws["elbv2"].add_response(
        "modify_load_balancer_attributes",
        {},
        {"LoadBalancerArn": ARN, "Attributes": [{"Key": DROP, "Value": "true"}]},
    )

    result = run_module(name="orders", attributes=WANTED)

    assert (result["changed"], result["set"]) == (True, [DROP])


def test_a_load_balancer_that_has_them_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    exists(aws, **WANTED)

    assert run_module(name="orders", attributes=WANTED)["changed"] is False


def test_an_attribute_that_is_not_returned_is_set(aws: Aws, run_module: RunModule) -> None:
    exists(aws, **{DROP: "true"})
    aws["elbv2"].add_response(
        "modify_load_balancer_attributes",
        {},
        {"LoadBalancerArn": ARN, "Attributes": [{"Key": LOGS, "Value": "false"}]},
    )

    assert run_module(name="orders", attributes=WANTED)["set"] == [LOGS]


def test_check_mode_sets_nothing(aws: Aws, run_module: RunModule) -> None:
    exists(aws, **{DROP: "false", LOGS: "false"})

    result = run_module(name="orders", attributes=WANTED, _ansible_check_mode=True)

    assert (result["changed"], result["set"]) == (True, [DROP])


def test_in_check_mode_the_load_balancer_may_be_missing(aws: Aws, run_module: RunModule) -> None:
    aws["elbv2"].add_client_error("describe_load_balancers", "LoadBalancerNotFound")

    result = run_module(name="orders", attributes=WANTED, _ansible_check_mode=True)

    assert (result["changed"], result["set"]) == (True, [LOGS, DROP])


def test_otherwise_a_missing_load_balancer_is_an_error_that_names_it(aws: Aws, run_module: RunModule) -> None:
    aws["elbv2"].add_client_error("describe_load_balancers", "LoadBalancerNotFound")

    result = run_module(name="orders", attributes=WANTED)

    assert result["failed"] is True
    assert result["msg"].startswith("Could not set attributes of orders")
