"""Images of the services, as deployments build them, to run them without one."""

from __future__ import annotations

import secrets
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.playbook import ROOT, play

if TYPE_CHECKING:
    from collections.abc import Iterator


def docker(*arguments: str) -> str:
    """Run a Docker command, and return its output."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603, S607  # the Docker of this machine


@contextmanager
def service_image(service: str) -> Iterator[str]:
    """Build the image of a service on the base image of the deployments; remove it at the end."""
    playbook = str(ROOT / "tests/rehearsal/base_image.yml")
    assert play([playbook, "-i", "localhost,", "-c", "local"], {}).status == 0
    build_image = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "orders-base/build").splitlines()[0]
    base_image = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "*/python").splitlines()[0]
    image = f"orders-{service}-{secrets.token_hex(3)}"
    docker(
        *("build", "--file", str(ROOT / "services/Dockerfile"), "--tag", image, "--build-arg", f"SERVICE={service}"),
        *("--build-arg", f"BUILD_IMAGE={build_image}", "--build-arg", f"BASE_IMAGE={base_image}", str(ROOT)),
    )
    try:
        yield image
    finally:
        docker("rmi", "--force", image)
