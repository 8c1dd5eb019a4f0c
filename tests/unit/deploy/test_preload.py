from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from ansible.plugins.loader import PluginLoader, filter_loader, test_loader

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(autouse=True)
def no_bytecode(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source.collection_bytecode, "keep", lambda: None)


def test_no_filter_and_no_test_is_loaded_after_the_start(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    source.CallbackModule().v2_playbook_on_start(None)

    monkeypatch.delattr(PluginLoader, "_load_module_source")
    assert filter_loader.get("ansible.builtin.urlsplit")
    assert test_loader.get("ansible.builtin.contains")


@pytest.mark.parametrize(
    ("actions", "times"),
    [
        (["ansible.builtin.debug", "ansible.builtin.command", "orders.deploy.print_text"], 0),
        ([None], 0),  # a template names the action
        (["ansible.builtin.debug", "amazon.aws.iam_role"], 1),
        (["orders.deploy.sqs_queue", "community.docker.docker_container"], 1),
    ],
)
def test_the_first_task_that_runs_a_module_of_a_collection_imports_once(
    source: ModuleType, monkeypatch: pytest.MonkeyPatch, actions: list[str | None], times: int
) -> None:
    imported: list[bool] = []
    monkeypatch.setattr(source.forked_modules, "preload", lambda: imported.append(True))
    monkeypatch.setattr(source.action_loader, "has_plugin", {"orders.deploy.print_text"}.__contains__)
    callback = source.CallbackModule()

    for action in actions:
        callback.v2_playbook_on_task_start(SimpleNamespace(resolved_action=action), is_conditional=False)

    assert len(imported) == times
