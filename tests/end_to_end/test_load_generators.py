"""The load generator away from the computer that runs the playbooks: on hosts reached by SSH, and as a task on ECS."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.conftest import docker
from tests.playbook import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Deployment

pytestmark = [
    pytest.mark.timeout(900),  # images are built, packages installed
    pytest.mark.skipif(shutil.which("ssh") is None, reason="no SSH client"),
]

# A host as somebody might bring it: Python, an SSH server, and a user who is not root. It is made from the image that
# builds run in, because that one trusts what this computer trusts.
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
    """Hosts for load generators, in containers beside the emulators, and inventories that name them."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        """Remember whose; none is started."""
        self._deployment = deployment
        self._folder = folder
        self._key = folder / "key"

    def build(self) -> None:
        """Make the key and the image."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._key], check=True)  # noqa: S603, S607  # OpenSSH
        (self._folder / "Dockerfile").write_text(DOCKERFILE)
        base = docker("images", "--quiet", "orders-base/build").split()[0]
        arguments = [f"BASE_IMAGE={base}", f"KEY={self._key.with_suffix('.pub').read_text().strip()}"]
        options = [option for argument in arguments for option in ("--build-arg", argument)]
        label = f"project={self._deployment.project}"
        docker("build", *options, "--label", label, "--tag", self._image, str(self._folder))

    def start(self, name: str) -> None:
        """Start a host; the SSH server is published on loopback only."""
        docker(
            *("run", "--detach", "--name", self._container(name), "--hostname", name),
            *("--network", self._deployment.project, "--publish", "127.0.0.1::22", self._image),
        )

    def remove(self) -> None:
        """Remove the hosts; the image goes with the deployment's."""
        for container in docker("ps", "--all", "--quiet", "--filter", f"ancestor={self._image}").split():
            docker("rm", "--force", container)

    def inventory(self, *names: str) -> str:
        """Return an inventory like that of the emulators, but with these hosts as load generators."""
        deployment = self._deployment
        folder = self._folder / "-".join(names)
        folder.mkdir()
        (folder / "group_vars").symlink_to(ROOT / "inventories/localstack/group_vars")
        local = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "ansible_async_dir": str(self._folder / "async"),
        }
        ministack = f"{deployment.container('ministack')}:{deployment.ports['ministack']}"
        remote = {
            "ansible_host": "127.0.0.1",
            "ansible_user": "generator",
            "ansible_ssh_private_key_file": str(self._key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            # From the hosts, everything is at other addresses than from here.
            "load_test_url": f"http://{ministack}/_alb/{deployment.project}",
        }
        own = {name: {"ansible_port": self._port(name), "load_test_master_address": name} for name in names}
        groups = {"all": {"hosts": {"localhost": local}}, "loadgen": {"hosts": own, "vars": remote}}
        (folder / "hosts.json").write_text(json.dumps(groups))
        return str(folder)

    @property
    def _image(self) -> str:
        return f"{self._deployment.project}-host"

    def _container(self, name: str) -> str:
        return f"{self._deployment.project}-{name}"

    def _port(self, name: str) -> int:
        return int(docker("port", self._container(name), "22/tcp").rpartition(":")[2])


@pytest.fixture(scope="module")
def hosts(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """Deploy, and have an image for hosts; what is started goes before the network that it is in."""
    assert deployment.play("site.yml").status == 0
    hosts = Hosts(deployment, tmp_path_factory.mktemp("hosts"))
    hosts.build()
    yield hosts
    hosts.remove()


def delivered(run: dict[str, Any]) -> bool:
    """Tell whether every order went all the way, and each file of the run came back.

    Two gates tell how busy this computer was instead, and so do not count.
    """
    failed = {gate["name"] for gate in run["gates"] if not gate["passed"]}
    orders = run["orders"]
    return (
        failed <= {"Little's law", "generator CPU below 80 %"}
        and orders["accepted"] == orders["completed"] == run["requests"]["count"] > 0
    )


def senders(deployment: Deployment) -> list[str]:
    """Return the names of the hosts that sent the load of the latest run."""
    run = max(deployment.results.glob("*/run.json")).parent
    return sorted(file.stem.split("-")[1] for file in run.glob("requests-*.csv"))


def test_one_host_sends_the_load_alone(deployment: Deployment, hosts: Hosts) -> None:
    hosts.start("first")
    deployment.play("playbooks/load_test.yml", inventory=hosts.inventory("first"), load_test_scenario="smoke")
    run = deployment.latest_run()
    assert delivered(run)
    assert run["host"]["load_generators"] == 1
    assert senders(deployment) == ["first"]


def test_of_several_hosts_the_first_commands_and_the_others_send(deployment: Deployment, hosts: Hosts) -> None:
    hosts.start("second")
    inventory = hosts.inventory("first", "second")
    deployment.play("playbooks/load_test.yml", inventory=inventory, load_test_scenario="smoke")
    run = deployment.latest_run()
    assert delivered(run)
    assert run["host"]["load_generators"] == 2
    assert senders(deployment) == ["second"]


def test_a_task_on_ecs_sends_the_load(deployment: Deployment, hosts: Hosts) -> None:
    del hosts  # for its deployment
    play = deployment.play("playbooks/load_test.yml", load_test_runner="fargate", load_test_scenario="smoke")
    assert " accepted · 0 failed · " in play.output  # its progress
    run = deployment.latest_run()
    assert delivered(run)
    assert run["host"]["cpu"].startswith("Fargate")


def test_teardown_removes_what_the_task_needed(deployment: Deployment, hosts: Hosts) -> None:
    hosts.remove()
    play = deployment.play("playbooks/teardown.yml")
    assert play.status == 0
    assert f"Nothing is left of {deployment.project}" in play.output
