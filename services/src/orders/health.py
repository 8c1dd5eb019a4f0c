"""The containers' health check: `python -m orders.health` exits with 0 if GET /health on PORT returns 200, else 1."""

import http.client
import os
import sys


def healthy(port: int) -> bool:
    """Return whether GET /health on this host's `port` returns 200 within 2 seconds."""
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
