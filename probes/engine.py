"""The Docker Engine here, which pushes the image of the probes' tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker  # type: ignore[import-untyped]  # ships no types
from docker.errors import APIError, DockerException  # type: ignore[import-untyped]  # the same

from probes.probe import NotShownError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.lab import Lab

_TAG = "probe"


def push(lab: Lab, image: str, repository: str, login: Mapping[str, str]) -> str:
    """Push a local image to a repository and return its address; the image has this name until the end of the run.

    `login` is username and password.

    Raises NotShownError if the engine cannot.
    """
    try:
        client = docker.from_env()
        client.images.get(image).tag(repository, _TAG)
        lab.defer(client.images.remove, image=f"{repository}:{_TAG}")
        lines = client.images.push(repository, _TAG, auth_config=dict(login), stream=True, decode=True)
        errors = [line["error"] for line in lines if "error" in line]
    except (APIError, DockerException) as error:
        message = f"the Docker Engine cannot push the image of the tasks: {error}"
        raise NotShownError(message) from error
    if errors:
        message = f"the image of the tasks cannot be pushed: {errors[0]}"
        raise NotShownError(message)
    return f"{repository}:{_TAG}"
