from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loadtest.report.measured_run import Resource, Resources
from loadtest.report.parity import Difference, Kind, compare_resources, explain

if TYPE_CHECKING:
    from loadtest.report.parity import Value, Why

EMULATED = {"localstack": True, "aws": False}
QUEUE = Resource("queues", "orders-queue", {"VisibilityTimeout": "30"})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["http://localhost:4566/000000000000/q", "https://sqs.us-west-2.amazonaws.com/123456789012/q"], "endpoint"),
        (["arn:aws:sqs:us-west-2:000000000000:q", "arn:aws:sqs:us-west-2:123456789012:q"], "endpoint"),
        (["orders.alb.localhost", "orders-1.us-west-2.elb.amazonaws.com"], "endpoint"),
        (["orders.alb.localhost", "orders-1.cn-north-1.elb.amazonaws.com.cn"], "endpoint"),
        (["orders.alb.localhost", "orders-1.eusc-de-east-1.elb.amazonaws.eu"], "endpoint"),
        (["vpc-0a1b2c3d", "vpc-4e5f6071"], "endpoint"),
        (["000000000000", "123456789012"], "endpoint"),
        (["1", "2"], "scale"),
        ([256, 512], "scale"),
        ([True, False], "setting"),
        (["FARGATE", "EC2"], "setting"),
        (["30", None], "setting"),
        ([None, "30"], "not offered by this emulator"),
    ],
)
def test_a_difference_is_explained_by_its_values(values: list[Value], why: str) -> None:
    local, aws = values
    assert explain({"localstack": local, "aws": aws}, EMULATED) == why


def test_json_texts_are_compared_value_by_value() -> None:
    local, aws = (
        Resource(
            "queues",
            "orders-queue",
            {
                "RedrivePolicy": json.dumps(
                    {"deadLetterTargetArn": f"arn:aws:sqs:us-west-2:{account}:d", "maxReceiveCount": 5}
                )
            },
        )
        for account in ("000000000000", "123456789012")
    )
    [difference] = compare_resources({"localstack": [local], "aws": [aws]}, EMULATED).differences
    assert (difference.attribute, difference.why) == ("RedrivePolicy.deadLetterTargetArn", "endpoint")


def test_invalid_json_is_compared_as_text() -> None:
    local, aws = (Resource("roles", "orders-api", {"Description": text}) for text in ("[api]", "[API]"))
    [difference] = compare_resources({"localstack": [local], "aws": [aws]}, EMULATED).differences
    assert difference.values == {"localstack": "[api]", "aws": "[API]"}


def test_the_same_resources_are_the_same() -> None:
    parity = compare_resources({"localstack": [QUEUE], "aws": [QUEUE]}, EMULATED)
    assert parity.kinds == [Kind("queues", {"localstack": 1, "aws": 1}, same=True)]
    assert parity.differences == []


def test_an_attribute_that_differs_is_named_with_its_values() -> None:
    other = Resource("queues", "orders-queue", {"VisibilityTimeout": "60"})
    parity = compare_resources({"localstack": [QUEUE], "aws": [other]}, EMULATED)
    assert parity.differences == [
        Difference("queues", "orders-queue", "VisibilityTimeout", {"localstack": "30", "aws": "60"}, "scale")
    ]


def test_a_missing_resource_is_not_deployed() -> None:
    other = Resource("queues", "orders-dead-letters", {})
    parity = compare_resources({"localstack": [QUEUE], "aws": [QUEUE, other]}, EMULATED)
    assert parity.differences == [
        Difference("queues", "orders-dead-letters", None, {"localstack": False, "aws": True}, "not deployed")
    ]


@pytest.mark.parametrize(("emulated", "why"), [(True, "not offered by this emulator"), (False, "not deployed")])
def test_a_kind_missing_on_an_emulator_is_not_offered(*, emulated: bool, why: Why) -> None:
    parity = compare_resources({"one": [], "aws": [QUEUE]}, {"one": emulated, "aws": False})
    assert parity.differences == [Difference("queues", None, None, {"one": 0, "aws": 1}, why)]


def test_the_name_of_the_project_makes_no_difference() -> None:
    def named(project: str) -> list[Resource]:
        role = Resource("roles", f"{project}-api", {"Description": f"What api of {project} may do", "Tasks": 1})
        other = Resource("log_groups", f"/ecs/{project}/api", {"Path": f"/my{project}"})
        return Resources(1, [role, other], project).normalised

    assert compare_resources({"localstack": named("orders"), "aws": named("orders-b")}, EMULATED).differences == [
        Difference(
            "log_groups", "/ecs/PROJECT/api", "Path", {"localstack": "/myorders", "aws": "/myorders-b"}, "setting"
        )
    ]
