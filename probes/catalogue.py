"""All probes."""

from __future__ import annotations

import importlib
import pkgutil
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from probes import behaviours
from probes.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Sequence


def all_probes() -> list[Probe]:
    """Return the probes of all modules below `behaviours`, ordered by name."""
    names = [module.name for module in pkgutil.walk_packages(behaviours.__path__, f"{behaviours.__name__}.")]
    found = [
        value for name in names for value in vars(importlib.import_module(name)).values() if isinstance(value, Probe)
    ]
    return sorted(found, key=lambda each: each.name)


def select(patterns: Sequence[str]) -> list[Probe]:
    """Return the probes whose names match one of the patterns of the shell; all if there is none."""
    return [
        each for each in all_probes() if not patterns or any(fnmatchcase(each.name, pattern) for pattern in patterns)
    ]
