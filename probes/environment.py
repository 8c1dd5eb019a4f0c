"""The environment that is probed: how its services are called, and what it needs to be told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.config import Config

_CONNECT_SECONDS = 5
_READ_SECONDS = 30  # longer than the longest poll of SQS
_CONNECTIONS = 100  # each long poll holds one


@dataclass
class Environment:
    """An environment, called as the variables of the AWS SDKs in the shell say."""

    run: str
    """What the names of all resources begin with."""
    settle_seconds: float = 2.0
    """How long a change may take to show: AWS says up to a minute, an emulator shows it at once."""
    load_balancer_url: str = "http://{dns_name}"
    """The URL of a load balancer; `{name}` and `{dns_name}` are replaced by its own."""
    image: str = ""
    """The image of the container with which tasks are probed, as the Docker Engine here has it; empty: there is none."""
    registry: str = ""
    """Where images are pushed; empty: the address that ECR tells."""
    task_endpoint: str = ""
    """The endpoint at which tasks call AWS; empty: AWS's own."""
    _clients: dict[tuple[object, ...], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(
        self,
        service: str,
        *credentials: str,
        attempts: int = 3,
        read_seconds: float = _READ_SECONDS,
        use_ssl: bool = True,
    ) -> Any:  # noqa: ANN401  # botocore creates its classes at run time
        """Return a client that all threads may use.

        `credentials` are access key, secret and, if there is one, session token; without any, those of the shell. A call
        is given up after `read_seconds` without an answer, and tried so many `attempts` in all.
        """
        with self._lock:  # botocore may create one client at a time
            key = (service, attempts, read_seconds, use_ssl, *credentials)
            if key not in self._clients:
                names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
                self._clients[key] = botocore.session.Session().create_client(
                    service,
                    use_ssl=use_ssl,
                    config=Config(
                        connect_timeout=_CONNECT_SECONDS,
                        read_timeout=read_seconds,
                        max_pool_connections=_CONNECTIONS,
                        retries={"mode": "standard", "total_max_attempts": attempts},
                    ),
                    **dict(zip(names, credentials, strict=False)),
                )
            return self._clients[key]
