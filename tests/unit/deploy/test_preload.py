from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType


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
