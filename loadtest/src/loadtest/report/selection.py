"""Select the runs that can be compared: those that passed their gates, with the same load, settings and code.

Runs of different schemas are not compared, as their gates were others, and some of their figures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from loadtest.report.measured_run import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.measured_run import Code, MeasuredRun

SYSTEM = "system"
"""The setting that describes the system's size and network, for its cost; it can differ between environments."""

WORKERS = "settings.workers"


def select(runs: Sequence[MeasuredRun]) -> tuple[list[MeasuredRun], dict[str, str]]:
    """Return the runs that can be compared, and the reason against each of the others, by label.

    Of several sets of comparable runs, the one with the most environments is selected, then with the most runs, then
    the first.
    """
    left_out = {run.label: reason for run in runs if (reason := invalid(run))}
    fit = [run for run in runs if run.label not in left_out]
    sets = [[other for other in fit if not differences(other, base)] for base in fit]
    if not sets:
        return [], left_out
    chosen = max(sets, key=lambda alike: (len({run.run.environment for run in alike}), len(alike)))
    # Versions of the services are compared with each other, but each is one code.
    first = {run.run.environment: run for run in reversed(chosen)}
    reasons = {run.label: differences(run, chosen[0]) or differences(run, first[run.run.environment]) for run in chosen}
    for run in fit:
        if found := reasons.get(run.label, differences(run, chosen[0])):
            base = first[run.run.environment] if run in chosen else chosen[0]
            left_out[run.label] = f"not comparable with {base.label}: {'; '.join(found)}"
    return [run for run in chosen if run.label not in left_out], left_out


def invalid(run: MeasuredRun) -> str | None:
    """Return why a run's figures are not valid; None if they are."""
    failed = [gate.name for gate in run.run.gates if not gate.passed]
    if failed:
        return f"failed {'gate' if len(failed) == 1 else 'gates'}: {', '.join(failed)}"
    return None if run.run.gates else "no gate was checked"


def differences(run: MeasuredRun, base: MeasuredRun) -> list[str]:
    """Return why two runs cannot be compared; empty if they can."""
    return [f"{name} is {mine!r}, not {theirs!r}" for name, mine, theirs in _differences(run, base)]


def alike_but_for_workers(run: MeasuredRun, base: MeasuredRun) -> bool:
    """Return whether two runs can be compared apart from their number of workers."""
    return all(name == WORKERS for name, _, _ in _differences(run, base))


def code_unknown(run: MeasuredRun) -> bool:
    """Return whether the exact code is unknown: no images are recorded, and no commit or one with local changes."""
    return run.code.images is None and (not run.code.commit or run.code.commit.endswith("-dirty"))


def _differences(run: MeasuredRun, base: MeasuredRun) -> list[tuple[str, object, object]]:
    return [
        *_unequal({"schema": run.run.schema}, {"schema": base.run.schema}),
        *_unequal(_load(run), _load(base)),
        *_unequal(_settings(run), _settings(base)),
        *([] if _versions(run, base) else _other_code(run.code, base.code)),
    ]


def _versions(run: MeasuredRun, base: MeasuredRun) -> bool:
    """Return whether two runs are of different versions of the services, in an experiment that compares these."""
    mine, theirs = run.run.experiment, base.run.experiment
    if mine is None or theirs is None or run.run.environment == base.run.environment:
        return False
    return mine.id == theirs.id and mine.compares_code and theirs.compares_code


def _load(run: MeasuredRun) -> dict[str, Any]:
    load = msgspec.to_builtins(run.scenario)
    del load["description"]
    return {"scenario": load}


def _settings(run: MeasuredRun) -> dict[str, Any]:
    return {"settings": {name: value for name, value in run.run.settings.items() if name != SYSTEM}}


def _unequal(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[str, object, object]]:
    left, right = dict(leaves(mine)), dict(leaves(theirs))
    return [
        (name, left.get(name), right.get(name))
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]


def _other_code(mine: Code, theirs: Code) -> list[tuple[str, object, object]]:
    """Compare the tags or digests of the services' images if both runs record them, else the commits.

    The registry of an image is ignored, as it is another one in each environment.
    """
    if mine.images is not None and theirs.images is not None:
        return _unequal({"image": _digests(mine.images)}, {"image": _digests(theirs.images)})
    if mine.commit and theirs.commit:
        return _unequal({"commit": mine.commit}, {"commit": theirs.commit})
    return []


def _digests(images: Mapping[str, str]) -> dict[str, str]:
    return {service: re.split("[:@]", image)[-1] for service, image in images.items()}
