"""The outcomes that the pinned releases are expected to have, and what differs from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from probes.probe import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from probes.results import Result, Results

ATTEMPTS = 3
"""How often in a row an outcome has to differ from the expected one."""


def write(file: Path, results: Results) -> None:
    """Make the outcomes of an environment the expected ones."""
    outcomes = {result.name: result.outcome for result in results.results}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(outcomes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read(file: Path) -> dict[str, Outcome]:
    """Read what `write` wrote."""
    return {name: Outcome(outcome) for name, outcome in json.loads(file.read_text(encoding="utf-8")).items()}


def unexpected(expected: Mapping[str, Outcome], results: Iterable[Result]) -> list[str]:
    """Return the names of the probes whose outcome is not the expected one, or that none is expected of."""
    return [result.name for result in results if expected.get(result.name) != result.outcome]
