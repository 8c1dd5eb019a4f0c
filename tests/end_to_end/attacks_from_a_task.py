"""Attack the emulators from inside a task's container: prints, as JSON, the outcome of each attempt.

It is run by the container's own Python, which has botocore: `docker exec --interactive CONTAINER python3 - URL < this`.
"""

import json
import sys
import urllib.error
import urllib.request
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv[1]


def request(method: str, path: str, headers: dict[str, str] | None = None) -> str:
    """Send a request without a signature; return the status."""
    sent = urllib.request.Request(URL + path, b"{}" if method != "GET" else None, headers or {}, method=method)  # noqa: S310  # http
    try:
        with urllib.request.urlopen(sent, timeout=10) as response:  # noqa: S310  # http
            return str(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return str(error.code)


def call(service: str, operation: str, credentials: tuple[str, str] | None = None, **arguments: Any) -> str:  # noqa: ANN401  # of the operation
    """Make a signed call, with the task's own credentials unless others are given; return the error code."""
    key, secret = credentials or (None, None)
    client = botocore.session.Session().create_client(
        service,
        endpoint_url=URL,
        region_name="us-west-2",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        getattr(client, operation)(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "succeeded"


DEFINITION: dict[str, Any] = {
    "family": "attack",
    "containerDefinitions": [{"name": "attack", "image": "debian", "privileged": True}],
}
ECS = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters", "Content-Type": "application/x-amz-json-1.1"}
FORGED = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-west-2/ecs/aws4_request, SignedHeaders=host"}

print(  # noqa: T201  # its output
    json.dumps(
        {
            "unsigned call": request("POST", "/", ECS),
            "unsigned call, of a web page": request("POST", "/", {**ECS, "Origin": "http://evil.example"}),
            "reset": request("POST", "/_ministack/reset"),
            "reset, with a forged signature": request("POST", "/_ministack/reset", FORGED),
            "settings": request("POST", "/_ministack/config", FORGED),
            "credentials of an instance": request("GET", "/latest/meta-data/iam/security-credentials/", FORGED),
            "push": request("POST", "/v2/attack/blobs/uploads/"),
            "push, with the password of the release": request(
                "POST", "/v2/attack/blobs/uploads/", {"Authorization": "Basic QVdTOm1pbmlzdGFjay1hdXRoLXRva2Vu"}
            ),
            "RegisterTaskDefinition, by its role": call("ecs", "register_task_definition", **DEFINITION),
            "RunTask, by its role": call("ecs", "run_task", taskDefinition="attack"),
            "CreateAccessKey, by its role": call("iam", "create_access_key", UserName="attack"),
            "GetAuthorizationToken, by its role": call("ecr", "get_authorization_token"),
            "key test": call("ecs", "register_task_definition", ("test", "test"), **DEFINITION),
            "key of the account": call("ecs", "register_task_definition", ("000000000000", "x"), **DEFINITION),
            "unknown key": call("ecs", "register_task_definition", ("AKIAATTACKATTACK0000", "x"), **DEFINITION),
        }
    )
)
