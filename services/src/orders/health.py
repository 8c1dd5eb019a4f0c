"""A container's health check: `python -m orders.health` exits 0 if the service on PORT answers GET /health, else 1."""

import http.client
import os
import sys


def healthy(port: int) -> bool:
    """Ask the service on this machine's `port` for its health; wait at most 2 seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if healthy(int(os.environ.get("PORT", "8080"))) else 1)
