"""Free ports, so that tests run beside each other and beside deployments."""

from __future__ import annotations

import socket


def free_ports(count: int) -> list[int]:
    """Return free ports of the loopback interface."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def free_port() -> int:
    """Return a free port of the loopback interface."""
    (port,) = free_ports(1)
    return port
