#!/usr/bin/python
"""Send a JSON document to a URL, at any address."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: post_json
short_description: Send a JSON document to a URL, at any address
description:
  - Sends a POST request with a JSON document, and fails if the response has another status than expected.
  - Unlike M(ansible.builtin.uri), it can send the request to another address than the one that the name in the URL has
    in DNS. The name is still the one in the C(Host) header and in TLS, and the certificate has to cover it.
options:
  url:
    description: The URL.
    type: str
    required: true
  address:
    description: The host that the request is sent to. By default, the one in the URL. Only for C(https).
    type: str
    default: ""
  body:
    description: The document.
    type: dict
    required: true
  status:
    description: The expected status of the response.
    type: int
    required: true
  timeout:
    description: How long a connection or a response may take, in seconds.
    type: int
    default: 30
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Send an order before the name has a DNS record
  orders.deploy.post_json:
    url: https://shop.example.com/orders/async
    address: orders-123456789.us-west-2.elb.amazonaws.com
    body: {customer_id: 1}
    status: 202
"""

RETURN = r"""
status:
  description: The status of the response; -1 without a response.
  type: int
  returned: always
json:
  description: The document in the response.
  type: dict
  returned: if there is one
resolved:
  description: Whether the name in the URL has an address of C(address) in DNS.
  type: bool
  returned: success
"""

import http.client
import json
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, Request, build_opener

from ansible.module_utils.basic import AnsibleModule

if TYPE_CHECKING:
    from http.client import HTTPResponse


class Response(NamedTuple):
    """The status of a response, and its body."""

    status: int
    body: bytes


class NamedHandler(HTTPSHandler):
    """Open HTTPS connections in which TLS has a given host name, whatever host they lead to."""

    def __init__(self, name: str) -> None:
        """Take the name for TLS, which the certificate has to cover."""
        super().__init__()
        self.name = name

    def https_open(self, req: Request) -> HTTPResponse:
        """Open a connection, through a proxy if there is one."""
        name, context = self.name, ssl.create_default_context()

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                http.client.HTTPConnection.connect(self)
                self.sock = context.wrap_socket(self.sock, server_hostname=name)

        return self.do_open(Connection, req)


def post(url: str, address: str, body: dict[str, Any], timeout: float) -> Response:
    """Send a document to a URL, at an address if one is given; raises OSError and HTTPException without a response."""
    parts = urlsplit(url)
    handlers = []
    headers = {"Content-Type": "application/json"}
    if address:
        url = parts._replace(netloc=f"{address}:{parts.port or 443}").geturl()
        headers["Host"] = parts.netloc
        handlers = [NamedHandler(parts.hostname or "")]
    request = Request(url, json.dumps(body).encode(), headers)  # noqa: S310  # the URL is that of the load balancer
    try:
        with build_opener(*handlers).open(request, timeout=timeout) as response:
            return Response(response.status, response.read())
    except HTTPError as error:
        with error:
            return Response(error.code, error.read())


def addresses(host: str) -> set[Any]:
    """Return the IP addresses of a host; none, if it has none in DNS."""
    with suppress(OSError):
        return {found[4][0] for found in socket.getaddrinfo(host, None)}
    return set()


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
            "body": {"type": "dict", "required": True},
            "status": {"type": "int", "required": True},
            "timeout": {"type": "int", "default": 30},
        }
    )
    url, address, expected = module.params["url"], module.params["address"], module.params["status"]
    try:
        response = post(url, address, module.params["body"], module.params["timeout"])
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        module.fail_json(msg=f"{url}: {reason}", status=-1)
    result: dict[str, Any] = {"status": response.status}
    with suppress(ValueError):
        result["json"] = json.loads(response.body)
    if response.status != expected:
        module.fail_json(msg=f"{url}: the status is {response.status} instead of {expected}", **result)
    name = urlsplit(url).hostname or ""
    module.exit_json(changed=False, resolved=not addresses(name).isdisjoint(addresses(address or name)), **result)


if __name__ == "__main__":
    main()
