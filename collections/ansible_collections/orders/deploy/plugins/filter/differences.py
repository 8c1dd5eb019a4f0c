"""List the differences between two values."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: differences
short_description: List the differences between two values
description:
  - Returns a difference for each field or entry that only one of the values has, or that is another.
    C(ansible.utils.fact_diff) returns a text for people.
positional: now
options:
  _input:
    description: The former value.
    type: raw
    required: true
  now:
    description: The present value.
    type: raw
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show what was changed
  ansible.builtin.debug:
    msg: "{{ {'cpu': 256} | orders.deploy.differences({'cpu': 512}) }}"
"""

RETURN = r"""
_value:
  description: The differences, each with C(path) (a list of keys), C(was) and C(is); a missing value is null.
  type: list
  elements: dict
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _walk(was: Any, now: Any, path: list[str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # JSON of any shape
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted(was.keys() | now.keys()):
            yield from _walk(was.get(key), now.get(key), [*path, key])
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (before, after) in enumerate(zip(was, now, strict=True)):
            yield from _walk(before, after, [*path, str(index)])
    elif was != now:
        yield {"path": path, "was": was, "is": now}


def differences(was: object, now: object) -> list[dict[str, Any]]:
    """Return a dictionary with ``path``, ``was`` and ``is`` for each difference."""
    return list(_walk(was, now, []))


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"differences": differences}
