from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

SPECS = """
argument_specs:
  main:
    options:
      queue_name: {type: str}
  inventory:
    options:
      project: {type: str, required: true}
"""
VARIABLES = {"project": "orders", "queue_name": "{{ project }}-queue", "ansible_forks": 5}


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    """A directory with a role that has options."""
    (tmp_path / "messaging/meta").mkdir(parents=True)
    (tmp_path / "messaging/meta/argument_specs.yml").write_text(SPECS)
    return tmp_path


@pytest.mark.parametrize("changed", [{"project": "shop"}, {"queue_name": "{{ project }}"}])
def test_the_digest_changes_with_an_option(source: ModuleType, roles: Path, changed: dict[str, str]) -> None:
    assert source.options_digest(roles, VARIABLES | changed) != source.options_digest(roles, VARIABLES)


def test_the_digest_does_not_change_with_other_variables(source: ModuleType, roles: Path) -> None:
    reordered = dict(reversed(VARIABLES.items())) | {"ansible_forks": 9, "topic": "x"}

    assert source.options_digest(roles, reordered) == source.options_digest(roles, VARIABLES)


def test_an_option_that_is_not_set_is_another_than_an_empty_one(source: ModuleType, roles: Path) -> None:
    assert source.options_digest(roles, {"project": ""}) != source.options_digest(roles, {})


def test_ansible_finds_the_lookup(source: ModuleType, roles: Path) -> None:
    assert source.LookupModule().run([str(roles)], VARIABLES) == [source.options_digest(roles, VARIABLES)]
