from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

IMAGE = {"imageTag": "1234"}


@pytest.mark.parametrize(
    ("images", "exists"),
    [
        ([{"imageId": IMAGE}], True),
        ([], False),
    ],
)
def test_the_result_tells_whether_the_image_exists(
    aws: Aws, run_module: RunModule, images: list[dict[str, Any]], exists: bool
) -> None:
    asked = {"repositoryName": "orders-api", "imageIds": [IMAGE]}
    aws["ecr"].add_response("batch_get_image", {"images": images}, asked)

    result = run_module(repository="orders-api", tag="1234")

    assert (result["exists"], result["changed"]) == (exists, False)


def test_a_repository_that_does_not_exist_has_no_image(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("batch_get_image", "RepositoryNotFoundException")

    assert run_module(repository="orders-api", tag="1234")["exists"] is False


def test_an_error_names_the_image(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("batch_get_image", "AccessDeniedException")

    result = run_module(repository="orders-api", tag="1234")

    assert result["failed"]
    assert "orders-api:1234" in result["msg"]
    assert "AccessDeniedException" in result["msg"]
