"""The cautions of a comparison: reasons to doubt the differences between environments."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING

from loadtest.record.run import SCHEMA
from loadtest.report.changes import versions_of
from loadtest.report.formatting import number
from loadtest.report.rounds import outside_rounds
from loadtest.report.selection import code_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from loadtest.report.measured_run import MeasuredRun
    from loadtest.report.series import Distribution

    Environments = Mapping[str, Sequence[MeasuredRun]]

_LEAST_RUNS = 2
_LEAST_TYPICAL = 3
"""Runs that are needed to know which is unlike the others."""
_MOST_CPU_POINTS = 10
"""By how many percentage points the CPU use of this computer may differ between the runs of an environment."""


def cautions(environments: Environments, rounds: Mapping[str, int], distributions: Sequence[Distribution]) -> list[str]:
    """Return the cautions of the compared runs."""
    runs = [run for own in environments.values() for run in own]
    found = [
        f"{name} has a single run and so no confidence interval: no difference to it is shown."
        for name, own in environments.items()
        if len(own) < _LEAST_RUNS
    ]
    found += unknown_code(runs)
    if any(run.run.schema != SCHEMA for run in runs):
        found.append(
            "The runs were made by an earlier version of the load test, which had fewer gates. Response times of the "
            "open model count from when a request was sent, not from when it was due."
        )
    found += _order(environments, runs, rounds)
    hosts = Counter(str(sorted(run.run.host.items())) for run in runs)
    if len(hosts) > 1:
        found.append("The runs were made from different kinds of hosts, which alone can explain a difference.")
    for name, own in environments.items():
        found += [*_other_versions(name, own), *_restarts(name, own), *_other_load(name, own)]
    return [*found, *two_groups(distributions)]


def unknown_code(runs: Sequence[MeasuredRun]) -> list[str]:
    """Return a caution if the exact code of a run is unknown."""
    unknown = [run.label for run in runs if code_unknown(run)]
    if not unknown:
        return []
    return [f"The exact code of {', '.join(unknown)} is unknown: no images are recorded, and no clean commit."]


def two_groups(distributions: Sequence[Distribution]) -> list[str]:
    """Return a caution for each environment whose response times come in two groups."""
    found = []
    for name in dict.fromkeys(each.environment for each in distributions):
        peaks = [each.peaks for each in distributions if each.environment == name and each.peaks]
        if peaks:
            shares = [100 * each.slow_share for each in peaks]
            found.append(
                f"The response times of {name} come in two groups, in {len(peaks)} of its runs: near "
                f"{number(median(each.fast_ms for each in peaks))} and "
                f"{number(median(each.slow_ms for each in peaks))} ms, {number(min(shares))} to "
                f"{number(max(shares))} % of them slow. Its median lies in one of the groups, and can move to the "
                "other: compare the distributions."
            )
    return found


def _order(environments: Environments, runs: Sequence[MeasuredRun], rounds: Mapping[str, int]) -> Iterator[str]:
    outside = outside_rounds(runs, rounds)
    if outside and any(len(own) >= _LEAST_RUNS for own in environments.values()):
        yield (
            f"The environments were not loaded in turns: {len(outside)} of {len(runs)} runs are in no round with all "
            "environments, so anything that changed on the computer in the meantime looks like a difference."
        )


def _other_versions(name: str, runs: Sequence[MeasuredRun]) -> Iterator[str]:
    """Yield what was another version in some of the runs; the code is a matter of the selection."""
    found: dict[str, Counter[str]] = {}
    for run in runs:
        for key, value in versions_of(run).items():
            found.setdefault(key, Counter())[value] += 1
    for key, values in found.items():
        if len(values) > 1 or values.total() < len(runs):
            shown = ", ".join(f"{value} ({count})" for value, count in values.items())
            yield f"The runs of {name} were made with different software: {key} is {shown}, of {len(runs)} runs."


def _restarts(name: str, runs: Sequence[MeasuredRun]) -> Iterator[str]:
    starts: dict[str, set[datetime]] = {}
    for run in runs:
        for emulator, container in (run.run.emulators or {}).items():
            starts.setdefault(emulator, set()).add(container.started_at)
    for emulator, times in starts.items():
        if len(times) > 1:
            yield (
                f"The emulator {emulator} of {name} was restarted between its runs, {len(times) - 1} times at least: "
                "an emulator that has just started can be faster or slower than one that has worked."
            )


def _other_load(name: str, runs: Sequence[MeasuredRun]) -> Iterator[str]:
    used = {run.label: run.run.host_cpu_percent for run in runs if run.run.host_cpu_percent is not None}
    if len(used) < _LEAST_TYPICAL:
        return
    typical = median(used.values())
    for label, percent in used.items():
        if abs(percent - typical) > _MOST_CPU_POINTS:
            yield (
                f"This computer used {number(percent)} % of its CPU during {label}, and {number(typical)} % in the "
                f"typical run of {name}: something else may have run beside it."
            )
