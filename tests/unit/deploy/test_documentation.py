"""ansible-doc shows every plugin of the collection."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "collections/ansible_collections/orders/deploy/plugins"
# A module documents an action.
FOLDERS = {"action": "module", "callback": "callback", "filter": "filter", "lookup": "lookup", "modules": "module"}
DOCUMENTED = sorted({(kind, file.stem) for folder, kind in FOLDERS.items() for file in PLUGINS.glob(f"{folder}/*.py")})
VERBS = {
    "Build", "Calculate", "Check", "Count", "Divide", "Estimate", "Format", "Get", "List", "Look", "Manage",
    "Move", "Print", "Read", "Record", "Run", "Send", "Set", "Subscribe", "Wait",
}  # fmt: skip


@functools.cache
def ansible_doc(*arguments: str) -> str:
    """Return the output of ansible-doc, which may not warn of anything."""
    done = subprocess.run(  # noqa: S603  # a command of this test
        [Path(sys.executable).with_name("ansible-doc"), *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def names(kind: str) -> list[str]:
    return [f"orders.deploy.{name}" for each, name in DOCUMENTED if each == kind]


@pytest.mark.parametrize("kind", sorted(set(FOLDERS.values())))
def test_all_plugins_are_listed_and_rendered(kind: str) -> None:
    listed = ansible_doc("--type", kind, "--list", "--json", "orders.deploy")

    assert sorted(json.loads(listed)) == names(kind)
    assert ansible_doc("--type", kind, *names(kind)).count("EXAMPLES:") == len(names(kind))


@pytest.mark.parametrize(("kind", "name"), DOCUMENTED)
def test_a_plugin_has_a_summary_that_begins_with_a_verb_and_examples_of_its_own(kind: str, name: str) -> None:
    plugin: dict[str, Any] = json.loads(ansible_doc("--type", kind, "--json", *names(kind)))[f"orders.deploy.{name}"]

    assert plugin["doc"]["short_description"].split()[0] in VERBS
    assert name in plugin["examples"]
