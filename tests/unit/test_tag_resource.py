from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

REPOSITORY = "arn:aws:ecr:us-west-2:000000000000:repository/orders-api"
CLUSTER = "arn:aws:ecs:us-west-2:000000000000:cluster/orders"
WANTED = {"project": "orders"}


@pytest.mark.parametrize(
    ("service", "arn", "tag"),
    [
        ("ecr", REPOSITORY, {"Key": "project", "Value": "orders"}),
        ("ecs", CLUSTER, {"key": "project", "value": "orders"}),
    ],
)
def test_each_service_is_given_tags_in_its_own_words(
    aws: Aws, run_module: RunModule, service: str, arn: str, tag: dict[str, str]
) -> None:
    aws[service].add_response("list_tags_for_resource", {"tags": []}, {"resourceArn": arn})
    aws[service].add_response("tag_resource", {}, {"resourceArn": arn, "tags": [tag]})

    result = run_module(arn=arn, tags=WANTED)

    assert (result["changed"], result["set"]) == (True, ["project"])


def test_foreign_tags_are_removed(aws: Aws, run_module: RunModule) -> None:
    tags = [{"Key": "project", "Value": "orders"}, {"Key": "owner", "Value": "nobody"}]
    aws["ecr"].add_response("list_tags_for_resource", {"tags": tags})
    aws["ecr"].add_response("untag_resource", {}, {"resourceArn": REPOSITORY, "tagKeys": ["owner"]})

    result = run_module(arn=REPOSITORY, tags=WANTED)

    assert (result["changed"], result["removed"]) == (True, ["owner"])


def test_a_resource_that_has_its_tags_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_response("list_tags_for_resource", {"tags": [{"key": "project", "value": "orders"}]})

    assert run_module(arn=CLUSTER, tags=WANTED)["changed"] is False


def test_check_mode_tags_nothing(aws: Aws, run_module: RunModule) -> None:
    tags = [{"Key": "owner", "Value": "nobody"}]
    aws["ecr"].add_response("list_tags_for_resource", {"tags": tags})

    result = run_module(arn=REPOSITORY, tags=WANTED, _ansible_check_mode=True)

    assert (result["set"], result["removed"]) == (["project"], ["owner"])


@pytest.mark.parametrize(
    ("service", "arn", "code"),
    [("ecr", REPOSITORY, "RepositoryNotFoundException"), ("ecs", CLUSTER, "ClusterNotFoundException")],
)
def test_in_check_mode_a_resource_may_be_missing(
    aws: Aws, run_module: RunModule, service: str, arn: str, code: str
) -> None:
    aws[service].add_client_error("list_tags_for_resource", code)

    assert run_module(arn=arn, tags=WANTED, _ansible_check_mode=True)["changed"] is True


def test_otherwise_a_missing_resource_is_an_error_that_names_it(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("list_tags_for_resource", "RepositoryNotFoundException")

    result = run_module(arn=REPOSITORY, tags=WANTED)

    assert result["failed"]
    assert REPOSITORY in result["msg"]


@pytest.mark.parametrize("arn", ["arn:aws:s3:::orders", "orders"])
def test_resources_of_other_services_are_refused(run_module: RunModule, arn: str) -> None:
    result = run_module(arn=arn, tags=WANTED)

    assert result["failed"]
    assert "no resource of ecr or ecs" in result["msg"]
