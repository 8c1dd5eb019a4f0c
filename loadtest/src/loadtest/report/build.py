"""Build a report from run directories."""

from __future__ import annotations

import os
from collections import Counter
from itertools import combinations, pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from loadtest.errors import FileError
from loadtest.record.run_directory import RunDirectory
from loadtest.report import intervals, metrics
from loadtest.report.accounts import account_ids, hide_accounts
from loadtest.report.cost import price_list, system_cost
from loadtest.report.emulators import emulators_of, not_exercised
from loadtest.report.formatting import counted
from loadtest.report.measured_run import MeasuredRun, labels_of, read_run
from loadtest.report.parity import Parity, compare_resources
from loadtest.report.reference import reference_for
from loadtest.report.report import (
    DrainByWorkers,
    Environment,
    Events,
    Figures,
    PairRatio,
    Report,
    RoleSeconds,
    Row,
    RunEntry,
    Share,
)
from loadtest.report.selection import alike_but_for_workers, code_unknown, differences, invalid, select
from loadtest.report.series import distributions, timelines
from loadtest.report.windows import medians_by_window
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from loadtest.report.cost import PriceList
    from loadtest.report.metrics import Metric

    Environments = Mapping[str, Sequence[MeasuredRun]]

_LEAST_RUNS = 2


class _Reading(Struct, frozen=True):
    """A run directory: its run, or why it cannot be compared."""

    label: str
    run: MeasuredRun | None = None
    state: Literal["missing", "damaged"] | None = None
    reason: str | None = None


def build_report(paths: Sequence[Path], *, generated_at: datetime, with_reference: bool) -> Report:
    """Compare the runs at these paths. The report names missing and damaged ones, and compares the rest."""
    readings = _read(paths)
    measured = [reading.run for reading in readings if reading.run]
    compared, left_out = select(measured)
    environments = {
        name: [run for run in compared if run.run.environment == name]
        for name in dict.fromkeys(run.run.environment for run in compared)
    }
    figures = _figures(environments, measured, with_reference=with_reference) if compared else None
    return Report(
        generated_at=generated_at,
        confidence=intervals.CONFIDENCE,
        verdict=" ".join([_verdict(environments, readings, left_out), *_drained(figures)]),
        cautions=_cautions(environments),
        runs=[_entry(reading, left_out) for reading in readings],
        environments=[_environment(name, runs) for name, runs in environments.items()],
        parity=_parity(environments),
        prices=_prices(environments),
        figures=figures,
    )


def build_run_report(path: Path) -> Report:
    """Report on a single run, whether or not it passed its gates. Raises FileError when it is missing or damaged."""
    run = read_run(path, "this run")
    reason = invalid(run)
    environments = {run.run.environment: [run]}
    return Report(
        confidence=intervals.CONFIDENCE,
        verdict=f"The figures are not valid: {reason}." if reason else "The figures are valid: all gates passed.",
        cautions=_unknown_code([run]),
        runs=[_entry(_Reading(run.label, run), {run.label: reason} if reason else {})],
        environments=[_environment(name, runs) for name, runs in environments.items()],
        parity=None,
        prices=_prices(environments),
        figures=_figures(environments, [run], with_reference=False),
    )


def _read(paths: Sequence[Path]) -> list[_Reading]:
    """Read each run directory; a copy of an earlier one counts as damaged, as it is not another observation."""
    readings: list[_Reading] = []
    seen: dict[tuple[str, str], str] = {}
    for path, label in zip(paths, labels_of(paths), strict=True):
        try:
            run = read_run(path, label)
        except FileError as error:
            state: Literal["missing", "damaged"] = "damaged" if os.path.lexists(path) else "missing"
            reason = "no such directory" if state == "missing" else error.reason
            where = label if state == "missing" else "/".join([label, *error.path.relative_to(path).parts])
            shown = hide_accounts(printable(f"{where}: {reason}"), account_ids(RunDirectory(path)))
            readings.append(_Reading(label, state=state, reason=shown))
            continue
        identity = (run.run.environment, run.run.run_id)
        if identity in seen:
            reason = f"{label}: holds the same run as {seen[identity]}"
            readings.append(_Reading(label, state="damaged", reason=reason))
        else:
            seen[identity] = label
            readings.append(_Reading(label, run))
    return readings


def _entry(reading: _Reading, left_out: Mapping[str, str]) -> RunEntry:
    if reading.run is None:
        return RunEntry(label=reading.label, state=reading.state or "damaged", reason=reading.reason)
    run = reading.run.run
    reason = left_out.get(reading.label)
    return RunEntry(
        label=reading.label,
        state="left out" if reason else "compared",
        reason=reason,
        environment=run.environment,
        run_id=run.run_id,
        scenario=run.scenario,
        started_at=run.started_at,
        versions=run.versions,
        settings=run.settings,
        host=run.host,
        gates=run.gates,
    )


def _verdict(environments: Environments, readings: Sequence[_Reading], left_out: Mapping[str, str]) -> str:
    states = Counter(reading.state for reading in readings)
    rest = f"{len(left_out)} of {len(readings)} runs left out, {states['damaged']} damaged"
    rest += f", {states['missing']} missing" if states["missing"] else ""
    counts = ", ".join(f"{name} ({counted(len(runs), 'run')})" for name, runs in environments.items())
    if not environments:
        return f"Nothing can be compared: {rest}."
    if len(environments) == 1:
        return f"Nothing can be compared: there is only {counts}; {rest}."
    return f"Compared: {counts}; {rest}."


def _drained(figures: Figures | None) -> list[str]:
    """Return a sentence on runs that differ in their number of workers only, if there are any."""
    workers = dict.fromkeys(f"{each.workers:,}" for each in figures.by_workers) if figures else {}
    return [f"The drain time is shown by number of workers: {', '.join(workers)}."] if workers else []


def _cautions(environments: Environments) -> list[str]:
    runs = [run for own in environments.values() for run in own]
    found = [
        f"{name} has a single run and so no confidence interval: no difference to it is shown."
        for name, own in environments.items()
        if len(own) < _LEAST_RUNS
    ]
    found += _unknown_code(runs)
    if len(environments) > 1 and not _interleaved(environments):
        found.append(
            "The environments were not loaded in turns, so anything that changed on the computer in the meantime looks "
            "like a difference between them."
        )
    hosts = Counter(str(sorted(run.run.host.items())) for run in runs)
    if len(hosts) > 1:
        found.append("The runs were made from different kinds of hosts, which alone can explain a difference.")
    return found


def _unknown_code(runs: Sequence[MeasuredRun]) -> list[str]:
    unknown = [run.label for run in runs if code_unknown(run)]
    if not unknown:
        return []
    return [f"The exact code of {', '.join(unknown)} is unknown: no images are recorded, and no clean commit."]


def _interleaved(environments: Environments) -> bool:
    """Return whether an environment was loaded again after another one."""
    ordered = sorted((run.run.started_at, name) for name, runs in environments.items() for run in runs)
    changes = sum(1 for (_, before), (_, after) in pairwise(ordered) if before != after)
    return changes >= len(environments) or all(len(runs) < _LEAST_RUNS for runs in environments.values())


def _environment(name: str, runs: Sequence[MeasuredRun]) -> Environment:
    emulators = emulators_of(runs[0].run.versions)
    return Environment(name, [run.label for run in runs], len(_deployed(runs)), emulators, not_exercised(emulators))


def _deployed(runs: Sequence[MeasuredRun]) -> list[MeasuredRun]:
    """Return the first run of each deployment, as several runs on one deployment are one observation of it."""
    first: dict[tuple[object, ...], MeasuredRun] = {}
    for run in runs:
        if run.run.deployment is not None:
            deployment = run.run.deployment
            first.setdefault((deployment.total_seconds, *sorted(deployment.roles.items())), run)
    return list(first.values())


def _prices(environments: Environments) -> dict[str, PriceList]:
    return {name: prices for name, runs in environments.items() if (prices := price_list(runs[0])) is not None}


def _parity(environments: Environments) -> Parity | None:
    recorded = {
        name: resources
        for name, runs in environments.items()
        if (resources := next((run.resources for run in runs if run.resources is not None), None)) is not None
    }
    if not recorded:
        return None
    emulated = {name: bool(emulators_of(environments[name][0].run.versions)) for name in recorded}
    return compare_resources(recorded, emulated)


def _figures(environments: Environments, measured: Sequence[MeasuredRun], *, with_reference: bool) -> Figures:
    first = next(iter(environments.values()))[0]
    deployed = {name: _deployed(runs) for name, runs in environments.items()}
    # All runs on a deployment load the same processes. Runs that do not record their deployment count as one.
    processes = {name: deployed[name] or runs[:1] for name, runs in environments.items()}
    services = sorted({service for runs in environments.values() for run in runs for service in run.run.memory or {}})
    return Figures(
        scenario=first.scenario,
        settings=first.run.settings,
        response=_rows(metrics.RESPONSE, environments),
        throughput=_rows(metrics.THROUGHPUT, environments),
        # Includes runs that failed a gate: else an environment that loses orders would seem to lose none.
        events=_events(
            {
                name: [run for run in measured if run.run.environment == name and not differences(run, first)]
                for name in environments
            }
        ),
        queue=_rows(metrics.QUEUE, environments),
        by_workers=_by_workers([run for run in measured if not invalid(run) and alike_but_for_workers(run, first)]),
        end_to_end=_rows(metrics.END_TO_END, environments),
        memory=_rows(metrics.memory_metrics(services), processes),
        deployment=_rows(metrics.DEPLOYMENT, deployed),
        roles=_roles(deployed),
        spans={
            name: next(
                (run.run.deployment.spans for run in runs if run.run.deployment and run.run.deployment.spans), None
            )
            for name, runs in deployed.items()
        },
        costs={name: system_cost(runs[0]) for name, runs in environments.items()},
        timelines=timelines(environments),
        distributions=distributions(environments),
        windows=medians_by_window(environments, services),
        references=reference_for(first) if with_reference else [],
    )


def _rows(of: Sequence[Metric], environments: Environments) -> list[Row]:
    rows = []
    for metric in of:
        values = {
            name: [value for run in runs if (value := metric.value(run)) is not None]
            for name, runs in environments.items()
        }
        ratios = [
            PairRatio(numerator, denominator, intervals.ratio(values[numerator], values[denominator]))
            for denominator, numerator in combinations(environments, 2)
        ]
        estimates = {name: intervals.estimate(own) for name, own in values.items()}
        rows.append(Row(metric.key, metric.label, metric.unit, estimates, ratios))
    return rows


def _by_workers(runs: Sequence[MeasuredRun]) -> list[DrainByWorkers]:
    sets: dict[tuple[int, str], list[MeasuredRun]] = {}
    for run in runs:
        if run.sizing.workers is not None:
            sets.setdefault((run.sizing.workers, run.run.environment), []).append(run)
    if len({workers for workers, _ in sets}) == 1:
        return []
    found = []
    for (workers, environment), own in sorted(sets.items()):
        rows = {row.key: row.environments[environment] for row in _rows(metrics.QUEUE, {environment: own})}
        found.append(DrainByWorkers(workers, environment, rows["drain"], rows["drain_model"], rows["drain_over_model"]))
    return found


def _events(environments: Environments) -> list[Events]:
    def shares(
        events: Callable[[MeasuredRun], int | None], trials: Callable[[MeasuredRun], int]
    ) -> dict[str, Share | None]:
        found: dict[str, Share | None] = {}
        for name, runs in environments.items():
            counts = [count for run in runs if (count := events(run)) is not None]
            happened, tried = sum(counts), sum(trials(run) for run in runs)
            complete = len(counts) == len(runs)
            found[name] = Share(happened, tried, intervals.upper_bound(happened, tried)) if complete else None
        return found

    def accepted(run: MeasuredRun) -> int:
        return run.run.orders.accepted

    return [
        Events(
            "failures",
            "Requests failed",
            "requests",
            shares(lambda run: run.run.requests.failures, lambda run: run.run.requests.count),
        ),
        Events("lost", "Orders lost", "accepted orders", shares(lambda run: run.run.orders.lost, accepted)),
        Events(
            "duplicated",
            "Orders completed more than once",
            "accepted orders",
            shares(lambda run: run.run.orders.duplicated, accepted),
        ),
        Events(
            "dead_lettered",
            "Orders dead-lettered",
            "accepted orders",
            shares(lambda run: run.run.orders.dead_lettered, accepted),
        ),
    ]


def _roles(deployed: Environments) -> list[RoleSeconds]:
    taken: dict[str, list[Mapping[str, float]]] = {
        name: [run.run.deployment.roles for run in runs if run.run.deployment] for name, runs in deployed.items()
    }
    names = sorted({role for deployments in taken.values() for roles in deployments for role in roles})
    found = []
    for role in names:
        seconds = {name: [roles[role] for roles in deployments if role in roles] for name, deployments in taken.items()}
        found.append(RoleSeconds(role, {name: fmean(own) if own else None for name, own in seconds.items()}))
    return found
