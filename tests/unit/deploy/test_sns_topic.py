from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

ARN = "arn:aws:sns:us-west-2:000000000000:orders-events"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish"}]}
WANTED: dict[str, Any] = {"arn": ARN, "kms_key_id": "alias/aws/sns", "policy": POLICY, "tags": {"project": "orders"}}


def answer(
    aws: Aws, *, key: str = "alias/aws/sns", policy: object = POLICY, tags: dict[str, str] | None = None
) -> None:
    """Prepare the attributes and tags of the topic, by default as wanted."""
    attributes = {"KmsMasterKeyId": key, "Policy": json.dumps(policy)}
    aws["sns"].add_response("get_topic_attributes", {"Attributes": attributes}, {"TopicArn": ARN})
    listed = [{"Key": name, "Value": value} for name, value in (tags or WANTED["tags"]).items()]
    aws["sns"].add_response("list_tags_for_resource", {"Tags": listed}, {"ResourceArn": ARN})


def test_a_new_topic_is_created_with_its_key_policy_and_tags(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("get_topic_attributes", "NotFound")
    asked = {
        "Name": "orders-events",
        "Attributes": {"KmsMasterKeyId": "alias/aws/sns", "Policy": json.dumps(POLICY)},
        "Tags": [{"Key": "project", "Value": "orders"}],
    }
    aws["sns"].add_response("create_topic", {"TopicArn": ARN}, asked)

    assert run_module(**WANTED)["changed"] is True


def test_a_topic_without_a_key_is_not_encrypted(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("get_topic_attributes", "NotFound")
    asked = {"Name": "orders-events", "Attributes": {"Policy": json.dumps(POLICY)}, "Tags": []}
    aws["sns"].add_response("create_topic", {"TopicArn": ARN}, asked)

    assert run_module(**WANTED | {"kms_key_id": "", "tags": {}})["changed"] is True


def test_a_topic_that_is_as_wanted_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    answer(aws)

    assert run_module(**WANTED)["changed"] is False


@pytest.mark.parametrize(
    ("differing", "name", "value"),
    [
        ({"key": "alias/other"}, "KmsMasterKeyId", "alias/aws/sns"),
        ({"policy": {"Version": "2012-10-17", "Statement": []}}, "Policy", json.dumps(POLICY)),
    ],
)
def test_an_attribute_that_differs_is_set(
    aws: Aws, run_module: RunModule, differing: dict[str, Any], name: str, value: str
) -> None:
    answer(aws, **differing)
    asked = {"TopicArn": ARN, "AttributeName": name, "AttributeValue": value}
    aws["sns"].add_response("set_topic_attributes", {}, asked)

    assert run_module(**WANTED)["changed"] is True


def test_missing_tags_are_set_and_other_tags_removed(aws: Aws, run_module: RunModule) -> None:
    answer(aws, tags={"owner": "nobody"})
    asked = {"ResourceArn": ARN, "Tags": [{"Key": "project", "Value": "orders"}]}
    aws["sns"].add_response("tag_resource", {}, asked)
    aws["sns"].add_response("untag_resource", {}, {"ResourceArn": ARN, "TagKeys": ["owner"]})

    assert run_module(**WANTED)["changed"] is True


def test_check_mode_creates_no_topic(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("get_topic_attributes", "NotFound")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_check_mode_changes_no_topic(aws: Aws, run_module: RunModule) -> None:
    answer(aws, key="", tags={"owner": "nobody"})

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def exists(aws: Aws) -> None:
    aws["sns"].add_response("get_topic_attributes", {"Attributes": {}}, {"TopicArn": ARN})


def test_a_topic_is_removed(aws: Aws, run_module: RunModule) -> None:
    exists(aws)
    aws["sns"].add_response("delete_topic", {}, {"TopicArn": ARN})

    assert run_module(arn=ARN, state="absent")["changed"] is True


def test_check_mode_removes_no_topic(aws: Aws, run_module: RunModule) -> None:
    exists(aws)

    assert run_module(arn=ARN, state="absent", _ansible_check_mode=True)["changed"] is True


def test_a_missing_topic_is_not_removed(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("get_topic_attributes", "NotFound")

    assert run_module(arn=ARN, state="absent")["changed"] is False


def test_an_error_names_the_topic(aws: Aws, run_module: RunModule) -> None:
    aws["sns"].add_client_error("get_topic_attributes", "AuthorizationError")

    result = run_module(**WANTED)

    assert result["failed"]
    assert ARN in result["msg"]
