"""The options of the roles, which their argument specifications declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.yaml import yaml_load  # uses libyaml, which PyYAML's safe_load does not

if TYPE_CHECKING:
    from pathlib import Path


def read_options(roles: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return the options of all roles by their names, and the names of those that every inventory has to set.

    An inventory has to set the required options of the entry points named ``inventory``. A playbook may set those of
    other entry points.
    """
    options: dict[str, dict[str, Any]] = {}
    required: list[str] = []
    for file in sorted(roles.glob("*/meta/argument_specs.yml")):
        for entry_point, spec in yaml_load(file.read_text())["argument_specs"].items():
            options |= spec.get("options", {})
            if entry_point == "inventory":
                required += [name for name, option in spec["options"].items() if option.get("required")]
    return options, required
