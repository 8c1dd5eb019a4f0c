import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from orders.health import healthy


class Service(HTTPServer):
    status = 200


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Service)
        self.send_response(self.server.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class has this name
        """Log nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_service_that_returns_200_is_healthy(service: Service) -> None:
    assert healthy(service.server_port)


def test_a_service_that_returns_an_error_is_not_healthy(service: Service) -> None:
    service.status = 503
    assert not healthy(service.server_port)


def test_a_service_that_refuses_connections_is_not_healthy() -> None:
    with Service(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
    assert not healthy(port)


def test_the_exit_status_is_the_health(service: Service) -> None:
    def status(port: int) -> int:
        return subprocess.run(
            [sys.executable, "-m", "orders.health"],
            env={"PORT": str(port), "PYTHONPATH": "services/src"},
            check=False,
        ).returncode

    assert status(service.server_port) == 0
    service.status = 500
    assert status(service.server_port) == 1
