"""Tests of the reverse proxy in front of a stand-in for AWS or an emulator."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from habits.proxy import count, delay, reverse_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp.typedefs import Handler

SIGNATURE = "AWS4-HMAC-SHA256 Credential=key/20260101/us-west-2/{}/aws4_request, SignedHeaders=host, Signature=0"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("X-Path", self.path)
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def target() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def post(url: str, body: bytes = b"body", **headers: str) -> tuple[dict[str, str], bytes]:
    request = urllib.request.Request(url, body, headers)  # noqa: S310  # http, on loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # http, on loopback
        return dict(response.headers), response.read()


def test_a_call_and_its_answer_pass_unchanged(target: str) -> None:
    with reverse_proxy(target) as url:
        # Not gzip at all, so an attempt to decompress it would fail.
        headers, body = post(f"{url}/a%2Fb/?c=%20d", bytes(range(256)))

    assert body == bytes(range(256))
    assert headers["X-Path"] == "/a%2Fb/?c=%20d"
    assert headers["X-Host"] == url.removeprefix("http://")  # it is part of the signature
    assert headers["Content-Encoding"] == "gzip"


def test_an_error_passes(target: str) -> None:
    with reverse_proxy(target) as url, pytest.raises(urllib.error.HTTPError) as raised:
        post(f"{url}/missing")

    with raised.value as error:
        assert error.code == 404


def test_a_delayed_call_takes_longer(target: str) -> None:
    with reverse_proxy(target, delay(0.2)) as url:
        began = time.monotonic()
        post(url)

    assert time.monotonic() - began >= 0.2


def test_calls_are_counted_by_service(target: str) -> None:
    calls: Counter[str] = Counter()
    with reverse_proxy(target, count(calls)) as url:
        for service in ("ec2", "sqs", "ec2"):
            post(url, Authorization=SIGNATURE.format(service))
        post(url)

    assert calls == {"ec2": 2, "sqs": 1, "unsigned": 1}


def test_a_habit_that_fails_is_not_taken_for_an_error_of_aws(target: str) -> None:
    @web.middleware
    async def broken(request: web.Request, handler: Handler) -> web.StreamResponse:
        del request, handler
        message = "broken"
        raise ValueError(message)

    def call() -> None:
        with reverse_proxy(target, broken) as url, pytest.raises(urllib.error.HTTPError) as raised:
            post(url)
        raised.value.close()

    with pytest.raises(ExceptionGroup, match="habits failed"):
        call()
