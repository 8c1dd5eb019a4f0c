"""How to tell whether a resource belongs to a project."""

from __future__ import annotations

from typing import Any, NamedTuple


class Project(NamedTuple):
    """A project in a region. Names that are the same in all regions of an account contain the region."""

    name: str
    region: str


def is_tagged_with(project: str, resource: dict[str, Any]) -> bool:
    """Tell whether the tag ``project`` of a resource, as a service describes it, names the project."""
    return {"Key": "project", "Value": project} in resource.get("Tags", [])
