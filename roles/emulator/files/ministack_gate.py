"""Refuse what MiniStack would serve to anyone: it answers everything at one port, much of it without credentials.

MiniStack's ASGI application calls `refuse` first (see correct_ministack.py). Load balancers, health, and the metadata
of a task (behind the task's own token) are public. The image registry takes the password that ECR hands out. The APIs
of AWS take signed requests only; MiniStack's own AUTH=true verifies their keys and enforces its policies. There is
nothing else: what MiniStack serves at paths of its own, such as its reset, it serves without any check.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Send = Callable[[dict[str, Any]], Awaitable[None]]

_LOAD_BALANCER = re.compile(r"/_alb/(?P<name>[\w-]+)(/.*)?")
_PUBLIC_PATHS = {"/_ministack/health", "/_ministack/ready"}
_TASK_METADATA = re.compile(r"/v4/[\w-]{40,}(/.*)?")
# The paths of the APIs that a deployment calls: most are called at the root, SQS also at a queue's address, S3 at the
# bucket in which the load generator stores its results.
_API = re.compile(r"/(\d{12}/[\w.-]+|[a-z0-9-]+-results-\d{12}-[a-z0-9-]+(/.*)?)?")
_REGISTRY = re.compile(r"/v2(/|/_catalog|/.+/(blobs|manifests)/.*|/.+/tags/list)?")

_UNAUTHORIZED, _FORBIDDEN = 401, 403


def registry_password() -> str:
    """Return the password for the image registry, which ECR's authorization token carries."""
    return os.environ["REGISTRY_PASSWORD"]


async def refuse(scope: Mapping[str, Any], send: Send) -> bool:
    """Answer a request that may not be served, and return whether that was so; `scope` is ASGI's."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    refusal = _refusal(scope["path"], scope["query_string"], headers)
    if refusal is None:
        return False
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return True
    status, reason = refusal
    answer_headers = [(b"content-type", b"application/json")]
    if status == _UNAUTHORIZED:
        answer_headers.append((b"www-authenticate", b'Basic realm="ECR"'))
    await send({"type": "http.response.start", "status": status, "headers": answer_headers})
    await send({"type": "http.response.body", "body": json.dumps({"message": reason}).encode()})
    return True


def _refusal(path: str, query: bytes, headers: Mapping[str, str]) -> tuple[int, str] | None:
    """Return status and reason where a request may not be served."""
    if _is_load_balancer(path):
        return None
    if "origin" in headers:
        # Browsers send it with what a page of another origin asks for. Nothing here is for pages.
        return _FORBIDDEN, f"requests of web pages are refused (Origin: {headers['origin']})"
    authorization = headers.get("authorization", "")
    if _REGISTRY.fullmatch(path):
        known = _is_registry_login(authorization)
        return None if known else (_UNAUTHORIZED, "log in with the password of ECR's GetAuthorizationToken")
    signed = authorization.startswith("AWS4-HMAC-SHA256 ") or b"X-Amz-Credential=" in query
    if path in _PUBLIC_PATHS or _TASK_METADATA.fullmatch(path) or (signed and _API.fullmatch(path)):
        return None
    return _FORBIDDEN, "only the APIs of AWS are served here, to requests signed with credentials of this deployment"


def _is_load_balancer(path: str) -> bool:
    """Tell whether a load balancer of this name exists; MiniStack would try its other services with any other path."""
    found = _LOAD_BALANCER.fullmatch(path)
    if found is None:
        return False
    from ministack.services import alb  # noqa: PLC0415  # MiniStack loads its services when they are first used

    return alb._find_lb_by_name(found["name"]) is not None  # noqa: SLF001  # it has no public name


def _is_registry_login(authorization: str) -> bool:
    expected = "Basic " + base64.b64encode(f"AWS:{registry_password()}".encode()).decode()
    return hmac.compare_digest(authorization.encode(), expected.encode())
