"""The Docker Engine here, which pushes the image of the probes' tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker
from docker.errors import APIError, DockerException

from probes.probe import NotShownError

if TYPE_CHECKING:
    from probes.lab import Lab


def push(lab: Lab, image: str, repository: str, tag: str, username: str, password: str) -> None:
    """Push a local image as `repository`:`tag`; the new name is removed at the end.

    Raises NotShownError if the engine cannot.
    """
    try:
        client = docker.from_env()
        client.images.get(image).tag(repository, tag)
        lab.defer(client.images.remove, image=f"{repository}:{tag}")
        lines = client.images.push(
            repository, tag, auth_config={"username": username, "password": password}, stream=True, decode=True
        )
        errors = [line["error"] for line in lines if "error" in line]
    except (APIError, DockerException) as error:
        message = f"the Docker Engine cannot push the image of the tasks: {error}"
        raise NotShownError(message) from error
    if errors:
        message = f"the image of the tasks cannot be pushed: {errors[0]}"
        raise NotShownError(message)
