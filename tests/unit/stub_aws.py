"""A stub of an AWS service, for tests of what no emulator does."""

from __future__ import annotations

import json
import threading
import urllib.parse
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Refusal(Exception):  # noqa: N818  # of a call, by its code
    """An error that the service answers."""


class StubAws(ThreadingHTTPServer):
    """Answers each call with what ``answer`` returns, or with the code of the ``Refusal`` that it raises.

    With the query protocol, the request has the parameters of the call, and the answer its XML as ``Result``.
    """

    def __init__(self) -> None:
        """Listen on a free port of the loopback interface."""
        super().__init__(("127.0.0.1", 0), _Handler)

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a call."""
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which the AWS SDKs call this stub."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_port}",
            "AWS_REGION": "us-west-2",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread."""
        with self:
            thread = threading.Thread(target=self.serve_forever)
            thread.start()
            yield
            self.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: StubAws

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers["X-Amz-Target"]
        request = json.loads(content) if target else dict(urllib.parse.parse_qsl(content.decode()))
        operation = target.rpartition(".")[2] if target else request["Action"]
        try:
            status, answer = 200, self.server.answer(operation, request)
            text = json.dumps(answer) if target else f"<Response>{answer['Result']}</Response>"
        except Refusal as refusal:
            status = 400
            text = (
                json.dumps({"__type": str(refusal)})
                if target
                else f"<ErrorResponse><Error><Code>{refusal}</Code></Error></ErrorResponse>"
            )
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Discard the message."""
