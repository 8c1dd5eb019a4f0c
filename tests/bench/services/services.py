"""Run the services, on this computer or in containers with the limits of a task, and read their metrics."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from tests.bench.measurements import BenchError
from tests.bench.services.targets import NEW_ORDER
from tests.bench.services.wrk import Request
from tests.end_to_end.images import docker
from tests.playbook import ROOT
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TASK_CPUS = "0.25"
TASK_MEMORY = "512m"
START_SECONDS = 60
_PORT = 8080


class Usage(NamedTuple):
    """What a service has used and done since its start."""

    cpu_seconds: float
    memory_mib: float
    orders: float
    """Accepted by the API, or completed by the processor."""
    publish_calls: float
    retries: float
    """Orders whose publish failed, each time; the API sends them again."""


class Service:
    """A service that runs."""

    def __init__(self, url: str) -> None:
        """Name its URL."""
        self.url = url

    @property
    def order(self) -> Request:
        """A request with an order."""
        return Request(f"{self.url}/orders/async", "POST", {"Content-Type": "application/json"}, NEW_ORDER)

    @property
    def health(self) -> Request:
        """A health check."""
        return Request(f"{self.url}/health")

    def usage(self) -> Usage:
        """Read its metrics. They are up to a second old, so let a second of load be between two readings."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as response:  # noqa: S310  # http, to this computer
            return read_usage(response.read().decode())

    def wait(self) -> None:
        """Wait until it is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if time.monotonic() > deadline:
                message = f"a service is not ready {START_SECONDS} s after its start"
                raise BenchError(message)
            time.sleep(0.1)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=5):  # noqa: S310  # http, to this computer
                return True
        except OSError:
            return False


def read_usage(text: str) -> Usage:
    """Read metrics in Prometheus' text format."""
    totals: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            totals[sample.name] += sample.value  # type: ignore[assignment]  # a float
    return Usage(
        totals["process_cpu_seconds_total"],
        totals["process_resident_memory_bytes"] / 2**20,
        totals["orders_accepted_total"] + totals["orders_completed_total"],
        totals["publish_batch_orders_count"],
        totals["publish_failures_total"],
    )


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process with these variables, and without what would lead its calls elsewhere."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**inherited, **files, "PYTHONPATH": str(ROOT / "services/src"), **environment}


@contextmanager
def run(module: str, environment: Mapping[str, str]) -> Iterator[Service]:
    """Run a module that serves, as a process of this computer."""
    port = free_port()
    with subprocess.Popen(  # noqa: S603  # built here
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=own_environment({**environment, "PORT": str(port)}),
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            service = Service(f"http://127.0.0.1:{port}")
            service.wait()
            yield service
        finally:
            process.terminate()


def run_until_empty(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> str:
    """Run a module with arguments until it has emptied a queue. Return what it wrote to stderr.

    Raises BenchError if that takes more than some seconds.
    """
    port = free_port()
    try:
        done = subprocess.run(  # noqa: S603  # built here
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=own_environment({**environment, "PORT": str(port)}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=seconds,
            check=True,
        )
    except subprocess.SubprocessError as error:
        message = f"{' '.join(command)} did not empty the queue: {error}: {getattr(error, 'stderr', '')}"
        raise BenchError(message) from error
    return done.stderr


@contextmanager
def run_task(image: str, environment: Mapping[str, str], network: str) -> Iterator[tuple[Service, str]]:
    """Run an image in a container with the limits of a task; yield the service and the container."""
    variables = [option for name, value in environment.items() for option in ("--env", f"{name}={value}")]
    container = docker(
        *("run", "--detach", "--name", f"{network}-{secrets.token_hex(3)}", "--network", network),
        *("--cpus", TASK_CPUS, "--memory", TASK_MEMORY, "--memory-swap", TASK_MEMORY),
        *("--read-only", "--cap-drop", "ALL", *variables, image),
    )
    try:
        address = docker(
            *("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)
        )
        service = Service(f"http://{address}:{_PORT}")
        service.wait()
        yield service, container
    finally:
        docker("rm", "--force", container)
