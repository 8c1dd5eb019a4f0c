"""What differs from the expected results: those of an earlier run, which are committed for the pinned releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.results import Results

ATTEMPTS = 3
"""How often in a row an outcome has to differ from the expected one."""


def unexpected(expected: Results, found: Results) -> list[str]:
    """Return the names of the probes whose outcome is not the expected one, or that none is expected of."""
    outcomes = {result.name: result.outcome for result in expected.results}
    return [result.name for result in found.results if outcomes.get(result.name) != result.outcome]
