"""What changed between the runs of an environment: other versions, and emulators that were restarted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from loadtest.report.measured_run import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.measured_run import MeasuredRun


def versions_of(run: MeasuredRun) -> dict[str, str]:
    """Return the versions and image digests behind a run, by their paths; its code is a matter of the selection."""
    versions = {key: value for key, value in run.run.versions.items() if key not in {"commit", "images"}}
    digests = {name: emulator.digest for name, emulator in (run.run.emulators or {}).items()}
    return {path: str(value) for path, value in leaves({"versions": versions, "digests": digests})}


def changes(runs: Sequence[MeasuredRun]) -> dict[str, list[str]]:
    """Return what changed before each run of one environment since its run before, by the label of the run."""
    ordered = sorted(runs, key=lambda run: run.run.started_at)
    found: dict[str, list[str]] = {run.label: [] for run in ordered}
    for earlier, run in pairwise(ordered):
        before, now = versions_of(earlier), versions_of(run)
        found[run.label] += [f"{path} is {now.get(path)}, was {before.get(path)}" for path in _unequal(before, now)]
        restarted = _unequal(_starts(earlier), _starts(run))
        found[run.label] += [f"{name} was restarted" for name in restarted]
    return found


def _starts(run: MeasuredRun) -> dict[str, str]:
    return {name: str(emulator.started_at) for name, emulator in (run.run.emulators or {}).items()}


def _unequal(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
