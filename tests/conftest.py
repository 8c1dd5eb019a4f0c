"""Fixtures for tests of whole deployments."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.playbook import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def copy_build_context(root: Path, directory: Path) -> None:
    """Copy the build context of the images from a checkout, to edit it."""
    for part in ("services", "requirements"):
        shutil.copytree(root / part, directory / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".dockerignore", directory)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the build context of the images, for tests to edit."""
    copy_build_context(ROOT, tmp_path)
    return tmp_path


@pytest.fixture
def edited(tree: Path) -> Path:
    """Return a copy of the build context with a changed processor."""
    with (tree / "services/src/orders/processor/__init__.py").open("a") as source:
        source.write("# edited\n")
    return tree
