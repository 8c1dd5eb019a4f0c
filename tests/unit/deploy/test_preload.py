from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from ansible.plugins.loader import PluginLoader, filter_loader, test_loader

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture(autouse=True)
def no_bytecode(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source.collection_bytecode, "keep", lambda: None)  # it would change the importer for all tests


def test_no_filter_and_no_test_is_loaded_after_the_start(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    source.CallbackModule().v2_playbook_on_start(None)

    monkeypatch.delattr(PluginLoader, "_load_module_source")
    assert filter_loader.get("ansible.builtin.urlsplit")
    assert test_loader.get("ansible.builtin.contains")


@pytest.mark.parametrize(
    ("action", "imported"),
    [
        ("amazon.aws.iam_role", ["ansible_collections.amazon.aws.plugins.modules.iam_role"]),
        ("orders.deploy.sqs_queue", ["ansible_collections.orders.deploy.plugins.modules.sqs_queue"]),
        ("ansible.builtin.command", []),
        ("orders.deploy.print_text", []),  # an action
        ("no.such.module", []),
        (None, []),  # a template names the action
    ],
)
def test_a_module_of_a_collection_is_imported_before_its_task(
    source: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, action: str | None, imported: list[str]
) -> None:
    def find(name: str, _: str) -> SimpleNamespace:
        path = tmp_path / "ansible_collections" / name.replace(".", "/", 1).replace(".", "/plugins/modules/")
        path.parent.mkdir(parents=True)
        path.with_suffix(".py").touch()
        return SimpleNamespace(resolved=name != "no.such.module", plugin_resolved_path=f"{path}.py")

    seen: list[str] = []
    monkeypatch.setattr(source.forked_modules, "preload", lambda name, _: seen.append(name))
    monkeypatch.setattr(source.action_loader, "has_plugin", {"orders.deploy.print_text"}.__contains__)
    monkeypatch.setattr(source.module_loader, "find_plugin_with_context", find)

    source.CallbackModule().v2_playbook_on_task_start(SimpleNamespace(resolved_action=action), is_conditional=False)

    assert seen == imported
