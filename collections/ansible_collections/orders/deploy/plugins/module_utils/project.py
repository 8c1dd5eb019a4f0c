"""How to tell whether a resource belongs to a project."""

from __future__ import annotations

from typing import Any


def is_named_after(project: str, name: str) -> bool:
    """Tell whether a name is that of the project, or begins with it and a hyphen."""
    return name == project or name.startswith(f"{project}-")


def is_tagged_with(project: str, resource: dict[str, Any]) -> bool:
    """Tell whether the tag ``project`` of a resource, as a service describes it, names the project."""
    return {"Key": "project", "Value": project} in resource.get("Tags", [])
