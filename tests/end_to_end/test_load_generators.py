"""Load generators that do not run on the computer with the playbooks: on hosts over SSH, and as a task on ECS."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import docker
from tests.playbook import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Deployment

pytestmark = [
    pytest.mark.timeout(900),  # it builds images and installs packages
    pytest.mark.skipif(shutil.which("ssh") is None, reason="no SSH client"),
]

# A typical host: Python, an SSH server, and a user who is not root. It is based on the build image, which trusts the
# certificate authorities of this computer.
DOCKERFILE = """
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN mkdir -p /var/log/apt /run/sshd && apt-get update && apt-get install --yes --no-install-recommends openssh-server
RUN useradd --create-home --shell /bin/sh generator
ARG KEY
RUN mkdir /home/generator/.ssh && echo "${KEY}" > /home/generator/.ssh/authorized_keys
CMD ["/usr/sbin/sshd", "-D"]
"""


class Hosts:
    """Hosts for load generators, in containers in the network of the emulators, and inventories with them."""

    def __init__(self, deployment: Deployment, directory: Path) -> None:
        """Prepare for hosts in the network of a deployment, without any host."""
        self._deployment = deployment
        self._directory = directory
        self._key = directory / "key"

    def build(self) -> None:
        """Create the SSH key and the image of the hosts."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._key], check=True)  # noqa: S603, S607  # OpenSSH
        (self._directory / "Dockerfile").write_text(DOCKERFILE)
        base = docker("images", "--quiet", "orders-base/build").split()[0]
        arguments = [f"BASE_IMAGE={base}", f"KEY={self._key.with_suffix('.pub').read_text().strip()}"]
        options = [option for argument in arguments for option in ("--build-arg", argument)]
        label = f"project={self._deployment.project}"
        docker("build", *options, "--label", label, "--tag", self._image, str(self._directory))

    def start(self, name: str) -> None:
        """Start a host, with its SSH server published on loopback only."""
        docker(
            *("run", "--detach", "--name", self._container(name), "--hostname", name),
            *("--network", self._deployment.project, "--publish", "127.0.0.1::22", self._image),
        )

    def remove(self) -> None:
        """Remove the hosts. The image is removed with the deployment."""
        for container in docker("ps", "--all", "--quiet", "--filter", f"ancestor={self._image}").split():
            docker("rm", "--force", container)

    def inventory(self, *names: str) -> str:
        """Write an inventory like localstack with these hosts as load generators, and return its path."""
        deployment = self._deployment
        directory = self._directory / "-".join(names)
        directory.mkdir()
        (directory / "group_vars").symlink_to(ROOT / "inventories/localstack/group_vars")
        local = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "ansible_async_dir": str(self._directory / "async"),
        }
        ministack = f"{deployment.container('ministack')}:{deployment.ports['ministack']}"
        remote = {
            "ansible_host": "127.0.0.1",
            "ansible_user": "generator",
            "ansible_ssh_private_key_file": str(self._key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            # The hosts reach the load balancer in the Docker network.
            "load_test_url": f"http://{ministack}/_alb/{deployment.project}",
        }
        own = {name: {"ansible_port": self._port(name), "load_test_master_address": name} for name in names}
        groups = {"all": {"hosts": {"localhost": local}}, "loadgen": {"hosts": own, "vars": remote}}
        (directory / "hosts.json").write_text(json.dumps(groups))
        return str(directory)

    @property
    def _image(self) -> str:
        return f"{self._deployment.project}-host"

    def _container(self, name: str) -> str:
        return f"{self._deployment.project}-{name}"

    def _port(self, name: str) -> int:
        return int(docker("port", self._container(name), "22/tcp").rpartition(":")[2])


@pytest.fixture(scope="module")
def hosts(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """Deploy the system and build the image of the hosts; remove the hosts before their network."""
    assert deployment.play("site.yml").status == 0
    hosts = Hosts(deployment, tmp_path_factory.mktemp("hosts"))
    hosts.build()
    yield hosts
    hosts.remove()


def assert_delivered(deployment: Deployment) -> None:
    """Assert that all orders of the latest run were completed, and all its files were fetched."""
    run = deployment.latest_run()
    orders = run["orders"]
    assert deployment.failed_gates() == set()
    assert orders["accepted"] == orders["completed"] == run["requests"]["count"] > 0


def senders(deployment: Deployment) -> list[str]:
    """Return the names of the hosts that sent the load of the latest run."""
    run = max(deployment.results.glob("*/run.json")).parent
    return sorted(file.stem.split("-")[1] for file in run.glob("requests-*.csv"))


def test_a_single_host_sends_the_load(deployment: Deployment, hosts: Hosts) -> None:
    hosts.start("first")
    play = deployment.play("playbooks/load_test.yml", inventory=hosts.inventory("first"), load_test_scenario="smoke")
    assert f"Page: {deployment.results}/" in play.output
    assert_delivered(deployment)
    assert deployment.latest_run()["host"]["load_generators"] == 1
    assert senders(deployment) == ["first"]


def test_the_first_of_several_hosts_is_the_master_and_the_others_send_the_load(
    deployment: Deployment, hosts: Hosts
) -> None:
    hosts.start("second")
    inventory = hosts.inventory("first", "second")
    play = deployment.play("playbooks/load_test.yml", inventory=inventory, load_test_scenario="smoke")
    assert f"Page: {deployment.results}/" in play.output
    assert_delivered(deployment)
    assert deployment.latest_run()["host"]["load_generators"] == 2
    assert senders(deployment) == ["second"]


def test_a_task_on_ecs_sends_the_load(deployment: Deployment, hosts: Hosts) -> None:
    del hosts  # used for its deployment
    play = deployment.play("playbooks/load_test.yml", load_test_runner="fargate", load_test_scenario="smoke")
    assert " accepted · 0 failed · " in play.output  # the progress
    assert f"Page: {deployment.results}/" in play.output
    assert_delivered(deployment)
    assert deployment.latest_run()["host"]["cpu"].startswith("Fargate")


def test_teardown_removes_the_resources_of_the_task(deployment: Deployment, hosts: Hosts) -> None:
    hosts.remove()
    play = deployment.play("playbooks/teardown.yml")
    assert play.status == 0
    assert f"Nothing is left of {deployment.project}" in play.output
