"""The versions of what deploys, loads and measures."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGES = ("ansible", "ansible-core", "boto3", "botocore", "docker", "locust")


def versions(checkout: Path, deployed_with: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the versions of programs, Python packages and the Ansible collections of requirements.yml.

    `deployed_with` are those that a playbook found.
    """
    return {
        "programs": {"python": platform.python_version(), "linux": platform.release(), **deployed_with},
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "collections": {name: _collection(name) for name in _collections(checkout)},
    }


def _collections(checkout: Path) -> list[str]:
    required = yaml.safe_load((checkout / "requirements.yml").read_text(encoding="utf-8"))
    return [each["name"] for each in required["collections"]]


def _collection(name: str) -> str:
    file = metadata.distribution("ansible").locate_file(f"ansible_collections/{name.replace('.', '/')}/MANIFEST.json")
    manifest = json.loads(Path(str(file)).read_text(encoding="utf-8"))
    return str(manifest["collection_info"]["version"])
