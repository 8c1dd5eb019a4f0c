from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

NAME = {"repositoryName": "orders-api"}
KEPT = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20}
POLICY = {"rules": [{"rulePriority": 1, "selection": KEPT, "action": {"type": "expire"}}]}
OTHER_POLICY = {"rules": [{"rulePriority": 1, "selection": KEPT | {"countNumber": 5}, "action": {"type": "expire"}}]}
IMMUTABLE = {"imageTagMutability": "IMMUTABLE"}
SCANNED = {"imageScanningConfiguration": {"scanOnPush": True}}
TAGS = {"tags": [{"Key": "project", "Value": "orders"}]}
ARN = "arn:aws:ecr:us-west-2:000000000000:repository/orders-api"
WANTED: dict[str, Any] = {"names": ["orders-api"], "lifecycle_policy": POLICY, "tags": {"project": "orders"}}
PUT_POLICY = NAME | {"lifecyclePolicyText": json.dumps(POLICY)}


def answer(aws: Aws, *, policy: object = POLICY, tags: dict[str, Any] = TAGS, **differing: object) -> None:
    """Prepare the description of the repository, by default as wanted."""
    repository = NAME | {"repositoryArn": ARN} | IMMUTABLE | SCANNED | differing
    aws["ecr"].add_response(
        "describe_repositories", {"repositories": [repository]}, {"repositoryNames": ["orders-api"]}
    )
    aws["ecr"].add_response("get_lifecycle_policy", {"lifecyclePolicyText": json.dumps(policy, indent=1)}, NAME)
    aws["ecr"].add_response("list_tags_for_resource", tags, {"resourceArn": ARN})


def test_a_new_repository_is_immutable_scanned_tagged_and_has_its_policy(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")
    aws["ecr"].add_response("create_repository", {}, NAME | IMMUTABLE | SCANNED | TAGS)
    aws["ecr"].add_response("put_lifecycle_policy", {}, PUT_POLICY)

    assert run_module(**WANTED)["changed"] is True


def test_a_repository_that_is_as_wanted_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    answer(aws)

    assert run_module(**WANTED)["changed"] is False


@pytest.mark.parametrize(
    ("differing", "operation", "asked"),
    [
        ({"imageTagMutability": "MUTABLE"}, "put_image_tag_mutability", NAME | IMMUTABLE),
        ({"imageScanningConfiguration": {"scanOnPush": False}}, "put_image_scanning_configuration", NAME | SCANNED),
        ({"policy": OTHER_POLICY}, "put_lifecycle_policy", PUT_POLICY),
    ],
)
def test_what_differs_is_changed(
    aws: Aws, run_module: RunModule, differing: dict[str, Any], operation: str, asked: dict[str, Any]
) -> None:
    answer(aws, **differing)
    aws["ecr"].add_response(operation, {}, asked)

    assert run_module(**WANTED)["changed"] is True


def test_a_repository_without_a_policy_gets_it(aws: Aws, run_module: RunModule) -> None:
    repository = NAME | {"repositoryArn": ARN} | IMMUTABLE | SCANNED
    aws["ecr"].add_response("describe_repositories", {"repositories": [repository]})
    aws["ecr"].add_client_error("get_lifecycle_policy", "LifecyclePolicyNotFoundException")
    aws["ecr"].add_response("list_tags_for_resource", TAGS)
    aws["ecr"].add_response("put_lifecycle_policy", {}, PUT_POLICY)

    assert run_module(**WANTED)["changed"] is True


def test_missing_tags_are_set_and_other_tags_removed(aws: Aws, run_module: RunModule) -> None:
    answer(aws, tags={"tags": [{"Key": "owner", "Value": "nobody"}]})
    aws["ecr"].add_response("tag_resource", {}, {"resourceArn": ARN} | TAGS)
    aws["ecr"].add_response("untag_resource", {}, {"resourceArn": ARN, "tagKeys": ["owner"]})

    assert run_module(**WANTED)["changed"] is True


def test_of_several_repositories_only_the_missing_one_is_created(aws: Aws, run_module: RunModule) -> None:
    answer(aws)
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")
    aws["ecr"].add_response("create_repository", {})
    aws["ecr"].add_response("put_lifecycle_policy", {})

    assert run_module(**WANTED | {"names": ["orders-api", "orders-processor"]})["changed"] is True


def test_check_mode_creates_no_repository(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_check_mode_changes_no_repository(aws: Aws, run_module: RunModule) -> None:
    answer(aws, policy=OTHER_POLICY, imageTagMutability="MUTABLE")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_a_repository_is_removed_with_its_images(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_response("describe_repositories", {"repositories": [NAME]})
    aws["ecr"].add_response("delete_repository", {}, NAME | {"force": True})

    assert run_module(names=["orders-api"], state="absent")["changed"] is True


def test_check_mode_removes_no_repository(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_response("describe_repositories", {"repositories": [NAME]})

    assert run_module(names=["orders-api"], state="absent", _ansible_check_mode=True)["changed"] is True


def test_a_missing_repository_is_not_removed(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")

    assert run_module(names=["orders-api"], state="absent")["changed"] is False


def test_an_error_names_the_repository(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "AccessDeniedException")

    result = run_module(**WANTED)

    assert result["failed"]
    assert "orders-api" in result["msg"]
