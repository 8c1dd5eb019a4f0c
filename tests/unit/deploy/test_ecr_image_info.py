from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

DIGEST = "sha256:" + "0" * 64
IMAGE = {"imageTag": "1234"}


@pytest.mark.parametrize(
    ("images", "exists", "digest"),
    [
        ([{"imageId": IMAGE | {"imageDigest": DIGEST}}], True, DIGEST),
        ([], False, ""),
    ],
)
def test_the_answer_says_whether_there_is_the_image(
    aws: Aws, run_module: RunModule, images: list[dict[str, Any]], exists: bool, digest: str
) -> None:
    asked = {"repositoryName": "orders-api", "imageIds": [IMAGE]}
    aws["ecr"].add_response("batch_get_image", {"images": images}, asked)

    result = run_module(repository="orders-api", tag="1234")

    assert (result["exists"], result["digest"], result["changed"]) == (exists, digest, False)


def test_a_repository_that_does_not_exist_has_no_image(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("batch_get_image", "RepositoryNotFoundException")

    assert run_module(repository="orders-api", tag="1234")["exists"] is False


def test_an_error_names_the_image(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("batch_get_image", "AccessDeniedException")

    result = run_module(repository="orders-api", tag="1234")

    assert result["failed"]
    assert "orders-api:1234" in result["msg"]
    assert "AccessDeniedException" in result["msg"]
