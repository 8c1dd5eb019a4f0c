"""Refuse what MiniStack would serve to anyone: it answers everything at one port, much of it without any credentials.

MiniStack's ASGI application calls `refuse` first (see correct_ministack.py). Public are the load balancers, the metadata of
a task (by its own token) and the health; the image registry takes the password that ECR hands out. Everything else has to
be signed, and then MiniStack's own AUTH=true verifies the key and enforces its policies.
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
_REGISTRY = re.compile(r"/v2(/|/_catalog|/.+/(blobs|manifests)/.*|/.+/tags/list)?")

_UNAUTHORIZED, _FORBIDDEN = 401, 403


def registry_password() -> str:
    """Return the password for the image registry, which ECR's authorization token carries."""
    return os.environ["REGISTRY_PASSWORD"]


async def refuse(scope: Mapping[str, Any], send: Send) -> bool:
    """Answer a request that may not be served, and say whether that was so; `scope` is ASGI's."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
    if _is_load_balancer(scope["path"]):
        return False
    if "origin" in headers:
        # Browsers send it with what a page of another origin asks for. Nothing here is for pages.
        return await _answer(
            scope, send, _FORBIDDEN, f"requests of web pages are refused (Origin: {headers['origin']})"
        )
    if scope["path"] in _PUBLIC_PATHS or _TASK_METADATA.fullmatch(scope["path"]):
        return False
    if _REGISTRY.fullmatch(scope["path"]):
        if _registry_login(headers.get("authorization", "")):
            return False
        return await _answer(scope, send, _UNAUTHORIZED, "log in with the password from ECR's GetAuthorizationToken")
    if (
        headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
        or b"X-Amz-Credential=" in scope["query_string"]
    ):
        return False
    return await _answer(scope, send, _FORBIDDEN, "requests have to be signed with AWS credentials of this deployment")


def _is_load_balancer(path: str) -> bool:
    """Tell whether a load balancer of this name exists; MiniStack would try its other services with any other path."""
    found = _LOAD_BALANCER.fullmatch(path)
    if found is None:
        return False
    from ministack.services import alb  # noqa: PLC0415  # MiniStack loads its services when they are first used

    return alb._find_lb_by_name(found["name"]) is not None  # noqa: SLF001  # it has no public name


def _registry_login(authorization: str) -> bool:
    expected = "Basic " + base64.b64encode(f"AWS:{registry_password()}".encode()).decode()
    return hmac.compare_digest(authorization.encode(), expected.encode())


async def _answer(scope: Mapping[str, Any], send: Send, status: int, reason: str) -> bool:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return True
    headers = [(b"content-type", b"application/json")]
    if status == _UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Basic realm="ECR"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"message": reason}).encode()})
    return True
