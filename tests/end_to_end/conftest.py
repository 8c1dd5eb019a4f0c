"""A deployment of the order system for the tests, with its own name and ports. It is removed at the end."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml

from ansible_collections.orders.deploy.plugins.module_utils.project import Project
from ansible_collections.orders.deploy.plugins.module_utils.resources import KINDS, service_of
from ansible_collections.orders.deploy.plugins.modules import project_snapshot_info
from tests.playbook import ROOT, Play, has_snapshots, play
from tests.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient


# The gates that fail where the load generator does not get its share of the CPU, as other tests run beside it.
GATES_OF_A_BUSY_COMPUTER = {
    "Little's law",
    "generator CPU below 80 %",
    "generator never paused",
    "load sent as planned",
}


class Deployment:
    """The order system, deployed from the inventory localstack with a unique name and free ports."""

    def __init__(self, directory: Path, root: Path = ROOT) -> None:
        """Choose the name and the ports; ``root`` is the checkout that is deployed."""
        self._root = root
        self._session = boto3.session.Session()  # keeps the descriptions of the services, which take long to read
        self.project = f"orders-test-{secrets.token_hex(3)}"
        self.ports = dict(zip(("localstack", "ministack"), free_ports(2), strict=True))
        self.results = directory / "results"
        self.snapshots = directory / "snapshots"
        self._variables = directory / "variables.json"
        self._credentials = Path(os.environ.get("HOME", "/"), ".cache/order-system", self.project)
        serves = {"localstack": ["sns", "sqs"], "ministack": ["default"]}
        emulators = {
            name: {"port": port, "container": self.container(name), "serves": serves[name]}
            for name, port in self.ports.items()
        }
        variables = {"project": self.project, "results_directory": str(self.results), "emulators": emulators}
        if has_snapshots(root):
            variables["snapshot_directory"] = str(self.snapshots)
        self._variables.write_text(json.dumps(variables))

    @property
    def url(self) -> str:
        """The URL of its load balancer."""
        return f"http://127.0.0.1:{self.ports['ministack']}/_alb/{self.project}"

    def container(self, emulator: str) -> str:
        """Return the name of an emulator's container."""
        return f"{self.project}-{emulator}"

    def play(
        self,
        playbook: str,
        *options: str,
        inventory: str = "inventories/localstack",
        environment: dict[str, str] | None = None,
        **variables: Any,  # noqa: ANN401  # a variable has any type
    ) -> Play:
        """Run a playbook against this deployment, with extra variables."""
        arguments = [playbook, "-i", inventory, "-e", f"@{self._variables}", "-e", json.dumps(variables), *options]
        return play(arguments, environment or {}, root=self._root)

    def remove(self) -> None:
        """Remove it, and what a teardown that failed has left."""
        self.play("playbooks/teardown.yml")
        own = ("--filter", f"label=project={self.project}")
        for container in self.tasks() + docker("ps", "-aq", *own).split():
            docker("rm", "--force", container)
        for volume in docker("volume", "ls", "-q", *own).split():
            docker("volume", "rm", volume)
        for network in docker("network", "ls", "-q", *own).split():
            docker("network", "rm", network)
        for image in set(docker("images", "-q", *own).split()):
            docker("rmi", "--force", image)
        shutil.rmtree(self._credentials, ignore_errors=True)

    def sqs(self) -> SQSClient:
        """Return an SQS client for its queues."""
        client: SQSClient = self.client("sqs")
        return client

    def client(self, service: str) -> Any:  # noqa: ANN401  # botocore creates client classes at runtime
        """Return a client for a service, with the credentials of MiniStack's root user; LocalStack accepts any."""
        return self._session.client(  # type: ignore[call-overload]  # any service
            service,
            endpoint_url=f"http://127.0.0.1:{self.ports['localstack' if service in {'sns', 'sqs'} else 'ministack']}",
            region_name="us-west-2",
            aws_access_key_id=(self._credentials / "access-key").read_text().strip(),
            aws_secret_access_key=(self._credentials / "secret").read_text().strip(),
        )

    def take_snapshot(self) -> dict[str, Any]:
        """Return all attributes of its resources, as the role snapshot sees them."""
        project = Project(self.project, "us-west-2")
        return {
            kind: project_snapshot_info.snapshot(self.client(service_of(KINDS[kind])), kind, project)
            for kind in project_snapshot_info.DESCRIBED
        }

    def queue_url(self) -> str:
        """Return the URL of its queue."""
        return self.sqs().get_queue_url(QueueName=f"{self.project}-queue")["QueueUrl"]

    def tasks(self) -> list[str]:
        """Return the identifiers of the containers of its ECS tasks."""
        instance = f"{self.container('ministack')}:{self.ports['ministack']}"
        return docker("ps", "--all", "--quiet", "--filter", f"label=ministack.instance={instance}").split()

    def task(self, service: str) -> str:
        """Return the name of the container of a service's only task."""
        names = docker(
            "ps", "--filter", f"name=^ministack-ecs-.*-{service}$", "--format", "{{.Names}} {{.ID}}"
        ).splitlines()
        own = set(self.tasks())
        (name,) = (name for name, identifier in map(str.split, names) if identifier in own)
        return name

    def latest_run(self) -> dict[str, Any]:
        """Return the run.json of its latest load test."""
        return self._of_latest_run("run.json")

    def failed_gates(self) -> set[str]:
        """Return the gates that its latest load test failed, without those of a busy computer."""
        failed = {gate["name"] for gate in self.latest_run()["gates"] if not gate["passed"]}
        return failed - GATES_OF_A_BUSY_COMPUTER

    def resources_of_latest_run(self) -> list[dict[str, Any]]:
        """Return the resources that its latest load test recorded."""
        resources: list[dict[str, Any]] = self._of_latest_run("resources.json")["resources"]
        return resources

    def _of_latest_run(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(max(self.results.glob(f"*/{name}")).read_text())
        return document


def docker(*arguments: str, stdin: str = "") -> str:
    """Run a Docker command with this input, and return its output."""
    return subprocess.check_output(["docker", *arguments], input=stdin, text=True)  # noqa: S603, S607  # the tests build the command


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Return a deployment for the tests of a module, and remove it after them."""
    deployment = Deployment(tmp_path_factory.mktemp("deployment"))
    yield deployment
    deployment.remove()


@pytest.fixture
def documented_services(tree: Path) -> dict[str, Any]:
    """Add the service of docs/adding-a-service.md to the build context, and return `services` with it."""
    text = (ROOT / "docs/adding-a-service.md").read_text()
    blocks = dict(re.findall(r"^```(python|yaml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    code = tree / "services/src/orders/watcher/__main__.py"
    code.parent.mkdir()
    code.write_text(blocks["python"])
    # It has the packages of the processor, and so the same lock.
    assert "-r processor.in" in text
    shutil.copy(tree / "requirements/processor.txt", tree / "requirements/watcher.txt")
    services: dict[str, Any] = yaml.safe_load((ROOT / "inventories/system.yml").read_text())["services"]
    added: dict[str, Any] = yaml.safe_load(blocks["yaml"])
    return services | added
