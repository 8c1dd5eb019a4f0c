"""Where the bench runs, and how it shows what it does."""

from __future__ import annotations

import os
import platform
import subprocess
import sys


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201  # the output of the program


def environment(**versions: str) -> dict[str, str]:
    """Return what the figures depend on, by name, with the versions of further programs."""
    return {
        "CPUs": str(os.cpu_count()),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "Linux": platform.release().partition("-")[0],
        **versions,
        "Python": platform.python_version(),
    }


def docker_version() -> str:
    """Return the version of the Docker Engine; "none" if none answers."""
    try:
        return subprocess.check_output(["docker", "version", "--format", "{{.Server.Version}}"], text=True).strip()  # noqa: S607  # as users call it
    except (OSError, subprocess.CalledProcessError):
        return "none"
