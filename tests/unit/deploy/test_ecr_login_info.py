from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule


def test_the_token_is_split_at_its_first_colon(aws: Aws, run_module: RunModule) -> None:
    token = base64.b64encode(b"AWS:pass:word").decode()
    aws["ecr"].add_response("get_authorization_token", {"authorizationData": [{"authorizationToken": token}]})

    result = run_module()

    assert (result["username"], result["password"], result["changed"]) == ("AWS", "pass:word", False)


def test_an_error_tells_what_failed(aws: Aws, run_module: RunModule) -> None:
    aws["ecr"].add_client_error("get_authorization_token", "AccessDeniedException")

    result = run_module()

    assert result["failed"]
    assert "Could not get the credentials for ECR" in result["msg"]
