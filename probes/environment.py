"""The environment that is probed: how its services are called, and what it needs to be told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from probes.probe import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    load_balancer_url: str = ""
    """The URL of a load balancer, with its `{name}` or its `{dns_name}`; empty: its DNS name."""
    image: str = ""
    """The image of the tasks, as the Docker Engine here has it; empty: there is none."""
    registry: str = ""
    """Where images are pushed and pulled; empty: the address that ECR tells."""
    task_environment: Mapping[str, str] = field(default_factory=dict)
    """The environment variables with which tasks call AWS."""
    emulated: bool = False
    """Whether the environment is an emulator. Then no address of AWS may be called that it tells."""
    _clients: dict[tuple[object, ...], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def address_of(self, registry: str) -> str:
        """Return where the registry is that ECR calls `registry`; raises NotOfferedError if there is none here."""
        if self.registry or not self.emulated:
            return self.registry or registry
        message = f"no registry answers here: ECR tells the address {registry}"
        raise NotOfferedError(message)

    def url_of(self, name: str, dns_name: str) -> str:
        """Return the URL of a load balancer; raises NotOfferedError if it has none here."""
        if self.load_balancer_url:
            return self.load_balancer_url.format(name=name, dns_name=dns_name)
        if not self.emulated:
            return f"http://{dns_name}"
        message = f"no load balancer answers here: it has the name {dns_name}"
        raise NotOfferedError(message)

    def client(
        self,
        service: str,
        *credentials: str,
        attempts: int = 3,
        read_seconds: float = _READ_SECONDS,
        use_ssl: bool = True,
    ) -> Any:  # noqa: ANN401  # botocore creates its classes at run time
        """Return a client that all threads may use.

        `credentials` are access key, secret and perhaps session token; without any, those of the shell. A call is given
        up after `read_seconds` without an answer, and tried so many `attempts` in all.
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
