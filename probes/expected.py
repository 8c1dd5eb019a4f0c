"""What differs from the expected results: those of an earlier run, which are committed for the pinned releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.probe import Outcome

if TYPE_CHECKING:
    from probes.results import Results

ATTEMPTS = 3
"""How often in a row an outcome has to differ from the expected one."""


def unexpected(expected: Results, found: Results) -> list[str]:
    """Return the names of the probes whose outcome is not the expected one, or that are not among the expected.

    Where nothing was shown, nothing is expected.
    """
    outcomes = {result.name: result.outcome for result in expected.results}
    open_ = {name for name, outcome in outcomes.items() if outcome == Outcome.NOT_SHOWN}
    return [
        result.name
        for result in found.results
        if result.name not in open_ and outcomes.get(result.name) != result.outcome
    ]
