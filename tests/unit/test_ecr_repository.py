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
WANTED: dict[str, Any] = {"name": "orders-api", "lifecycle_policy": POLICY}
PUT_POLICY = NAME | {"lifecyclePolicyText": json.dumps(POLICY)}


def answer(aws: Aws, *, policy: object = POLICY, **differing: object) -> None:
    """Prepare what ECR says about the repository; nothing given, it is as wanted."""
    repository = NAME | IMMUTABLE | SCANNED | differing
    aws["ecr"].add_response(
        "describe_repositories", {"repositories": [repository]}, {"repositoryNames": ["orders-api"]}
    )
    aws["ecr"].add_response("get_lifecycle_policy", {"lifecyclePolicyText": json.dumps(policy, indent=1)}, NAME)


def test_a_new_repository_is_immutable_scanned_and_has_its_policy(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")
    aws["ecr"].add_response("create_repository", {}, NAME | IMMUTABLE | SCANNED)
    aws["ecr"].add_response("put_lifecycle_policy", {}, PUT_POLICY)

    result = run_module(**WANTED)

    assert (result["changed"], result["existed"]) == (True, False)


def test_a_repository_that_is_as_wanted_is_left_alone(aws: Aws, run_module: RunModule) -> None:
    answer(aws)

    result = run_module(**WANTED)

    assert (result["changed"], result["existed"]) == (False, True)


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
    repository = NAME | IMMUTABLE | SCANNED
    aws["ecr"].add_response("describe_repositories", {"repositories": [repository]})
    aws["ecr"].add_client_error("get_lifecycle_policy", "LifecyclePolicyNotFoundException")
    aws["ecr"].add_response("put_lifecycle_policy", {}, PUT_POLICY)

    assert run_module(**WANTED)["changed"] is True


def test_check_mode_makes_no_repository(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_check_mode_changes_no_repository(aws: Aws, run_module: RunModule) -> None:
    answer(aws, policy=OTHER_POLICY, imageTagMutability="MUTABLE")

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_a_repository_is_removed_with_its_images(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_response("describe_repositories", {"repositories": [NAME]})
    aws["ecr"].add_response("delete_repository", {}, NAME | {"force": True})

    assert run_module(name="orders-api", state="absent")["changed"] is True


def test_check_mode_removes_no_repository(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_response("describe_repositories", {"repositories": [NAME]})

    assert run_module(name="orders-api", state="absent", _ansible_check_mode=True)["changed"] is True


def test_a_repository_that_is_gone_needs_no_removal(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "RepositoryNotFoundException")

    assert run_module(name="orders-api", state="absent")["changed"] is False


def test_an_error_names_the_repository(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("describe_repositories", "AccessDeniedException")

    result = run_module(**WANTED)

    assert result["failed"]
    assert "orders-api" in result["msg"]
