"""Build a report from run directories."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from loadtest.errors import FileError
from loadtest.evaluate.summary import summary
from loadtest.record.run_directory import RunDirectory
from loadtest.report import intervals, metrics
from loadtest.report.accounts import account_ids, hide_accounts
from loadtest.report.answer import answer
from loadtest.report.cautions import cautions, two_groups, unknown_code
from loadtest.report.changes import changes
from loadtest.report.cost import price_list, system_cost
from loadtest.report.emulators import emulators_of, not_exercised
from loadtest.report.formatting import counted
from loadtest.report.measured_run import MeasuredRun, labels_of, read_run
from loadtest.report.outliers import key_figures, outliers
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
from loadtest.report.rounds import rounds_of
from loadtest.report.selection import alike_but_for_workers, differences, invalid, select
from loadtest.report.series import distributions, timelines
from loadtest.report.thresholds import check
from loadtest.report.transfer import what_carries_over
from loadtest.report.windows import medians_by_window
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from loadtest.report.cost import PriceList
    from loadtest.report.metrics import Metric
    from loadtest.report.thresholds import Threshold

    Environments = Mapping[str, Sequence[MeasuredRun]]


class _Reading(Struct, frozen=True):
    """A run directory: its run, or why it cannot be compared."""

    label: str
    run: MeasuredRun | None = None
    state: Literal["missing", "damaged"] | None = None
    reason: str | None = None


def build_report(
    paths: Sequence[Path],
    *,
    generated_at: datetime,
    with_reference: bool,
    margin: float = intervals.MARGIN,
    fail_if: Sequence[Threshold] = (),
) -> Report:
    """Compare the runs at these paths. The report names missing and damaged ones, and compares the rest.

    Ratios up to 1 + `margin`, and down to its inverse, count as equal. The conditions `fail_if` are checked.
    """
    readings = _read(paths)
    measured = [reading.run for reading in readings if reading.run]
    compared, left_out = select(measured)
    environments = {
        name: [run for run in compared if run.run.environment == name]
        for name in dict.fromkeys(run.run.environment for run in compared)
    }
    rounds = rounds_of(compared)
    losses = _losses(measured, left_out)
    figures = None
    if compared:
        figures = _figures(environments, measured, rounds, margin=margin, with_reference=with_reference)
    shown = [_environment(name, runs) for name, runs in environments.items()]
    return Report(
        generated_at=generated_at,
        confidence=intervals.CONFIDENCE,
        margin=margin,
        answer=answer(figures, margin) if figures else "",
        orders=" ".join(_orders(measured, losses)),
        verdict=" ".join([_verdict(environments, readings, left_out), *_orders(measured, losses), *_drained(figures)]),
        losses=losses,
        cautions=cautions(environments, rounds, figures.distributions if figures else []),
        runs=_entries(readings, left_out, rounds, environments, margin),
        environments=shown,
        parity=_parity(environments),
        prices=_prices(environments),
        figures=figures,
        carries_over=what_carries_over(shown, figures, margin) if figures else [],
        thresholds=[check(each, figures) for each in fail_if] if figures else [],
    )


def build_run_report(path: Path) -> Report:
    """Report on a single run, whether or not it passed its gates. Raises FileError when it is missing or damaged."""
    run = read_run(path, "this run")
    reason = invalid(run)
    environments = {run.run.environment: [run]}
    rounds, losses = rounds_of([run]), _losses([run], {})
    figures = _figures(environments, [run], rounds, margin=intervals.MARGIN, with_reference=False)
    shown = [_environment(name, runs) for name, runs in environments.items()]
    verdict = f"The figures are not valid: {reason}." if reason else "The figures are valid: all gates passed."
    return Report(
        confidence=intervals.CONFIDENCE,
        margin=intervals.MARGIN,
        answer=". ".join(summary(run.run)) + ".",
        orders=" ".join(_orders([run], losses)),
        verdict=" ".join([verdict, *_orders([run], losses)]),
        losses=losses,
        cautions=[*unknown_code([run]), *two_groups(figures.distributions)],
        runs=[_entry(_Reading(run.label, run), {run.label: reason} if reason else {}, rounds)],
        environments=shown,
        parity=None,
        prices=_prices(environments),
        figures=figures,
        carries_over=what_carries_over(shown, figures, intervals.MARGIN),
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


def _entries(
    readings: Sequence[_Reading],
    left_out: Mapping[str, str],
    rounds: Mapping[str, int],
    environments: Environments,
    margin: float,
) -> list[RunEntry]:
    """Return an entry for each run; those that are compared also with what tells them from their environment's."""
    unlike = {label: found for runs in environments.values() for label, found in outliers(runs, margin).items()}
    changed = {label: found for runs in environments.values() for label, found in changes(runs).items()}
    return [
        msgspec.structs.replace(
            _entry(reading, left_out, rounds),
            outliers=unlike.get(reading.label, []),
            changes=changed.get(reading.label, []),
        )
        for reading in readings
    ]


def _entry(reading: _Reading, left_out: Mapping[str, str], rounds: Mapping[str, int]) -> RunEntry:
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
        round=rounds.get(reading.label),
        host_cpu_percent=run.host_cpu_percent,
        late_max_ms=run.requests.late_max_ms,
        figures=key_figures(reading.run),
        clocks=run.clocks,
        emulators=run.emulators,
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


def _losses(measured: Sequence[MeasuredRun], left_out: Mapping[str, str]) -> list[str]:
    found = []
    for run in measured:
        orders = run.run.orders
        counts = {"lost": orders.lost, "dead-lettered": orders.dead_lettered, "completed twice": orders.duplicated}
        if shown := [f"{count:,} {what}" for what, count in counts.items() if count]:
            state = " (left out)" if run.label in left_out else ""
            found.append(f"{run.label}{state}: {', '.join(shown)} of {orders.accepted:,} orders")
    return found


def _orders(measured: Sequence[MeasuredRun], losses: Sequence[str]) -> list[str]:
    """Return a sentence on what became of the orders of all runs that could be read; none without runs."""
    if losses:
        return [f"Orders went wrong: {'; '.join(losses)}."]
    unknown = [run.label for run in measured if run.run.orders.lost is None]
    if unknown:
        return [f"Whether orders were lost is unknown in {', '.join(unknown)}."]
    return ["No order was lost, dead-lettered or completed twice."] if measured else []


def _environment(name: str, runs: Sequence[MeasuredRun]) -> Environment:
    run = runs[0].run
    emulators = emulators_of(run.versions) or sorted(run.emulators or {})
    return Environment(
        name,
        [run.label for run in runs],
        len(_deployed(runs)),
        emulators,
        emulated=bool(emulators),
        not_exercised=not_exercised(emulators),
        behaviours=next((run.behaviours for run in runs if run.behaviours), []),
    )


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


def _figures(
    environments: Environments,
    measured: Sequence[MeasuredRun],
    rounds: Mapping[str, int],
    *,
    margin: float,
    with_reference: bool,
) -> Figures:
    first = next(iter(environments.values()))[0]
    deployed = {name: _deployed(runs) for name, runs in environments.items()}
    # All runs on a deployment load the same processes. Runs that do not record their deployment count as one.
    processes = {name: deployed[name] or runs[:1] for name, runs in environments.items()}
    compare = partial(_rows, rounds=rounds, margin=margin)
    services = sorted({service for runs in environments.values() for run in runs for service in run.run.memory or {}})
    return Figures(
        scenario=first.scenario,
        settings=first.run.settings,
        response=compare(metrics.RESPONSE, environments),
        throughput=compare(metrics.THROUGHPUT, environments),
        # Includes runs that failed a gate: else an environment that loses orders would seem to lose none.
        events=_events(
            {
                name: [run for run in measured if run.run.environment == name and not differences(run, first)]
                for name in environments
            }
        ),
        queue=compare(metrics.QUEUE, environments),
        by_workers=_by_workers([run for run in measured if not invalid(run) and alike_but_for_workers(run, first)]),
        end_to_end=compare(metrics.END_TO_END, environments),
        memory=compare(metrics.memory_metrics(services), processes),
        emulators=_measured(compare(metrics.EMULATORS, environments)),
        deployment=compare(metrics.DEPLOYMENT, deployed, comparable=_deployed_alike),
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


def _rows(
    of: Sequence[Metric],
    environments: Environments,
    rounds: Mapping[str, int],
    margin: float,
    comparable: Callable[[Sequence[MeasuredRun]], bool] = bool,
) -> list[Row]:
    """Return the figures, with their ratios for each pair of environments whose runs are `comparable`."""
    rows = []
    for metric in of:
        values: dict[str, dict[int, float]] = {name: {} for name in environments}
        for name, runs in environments.items():
            for number, run in enumerate(runs):
                if (value := metric.value(run)) is not None:
                    values[name][rounds.get(run.label, -number)] = value
        ratios = []
        for denominator, numerator in combinations(environments, 2):
            if metric.additive:
                ratio = intervals.no_ratio("a difference has no ratio")
            elif not comparable([*environments[numerator], *environments[denominator]]):
                ratio = intervals.no_ratio("what was done is not alike, or was not recorded")
            else:
                ratio = intervals.ratio(values[numerator], values[denominator], margin=margin)
            ratios.append(PairRatio(numerator, denominator, ratio))
        estimates = {
            name: intervals.estimate(list(own.values()), additive=metric.additive) for name, own in values.items()
        }
        rows.append(Row(metric.key, metric.label, metric.unit, estimates, ratios))
    return rows


def _measured(rows: Sequence[Row]) -> list[Row]:
    """Return the figures that were measured in an environment."""
    return [row for row in rows if any(own.values for own in row.environments.values())]


def _deployed_alike(runs: Sequence[MeasuredRun]) -> bool:
    """Return whether all deployments changed the same: one that pulls an image or builds it takes minutes longer."""
    deployments = [run.run.deployment for run in runs if run.run.deployment]
    changed = {frozenset(each.changed_tasks) if each.changed_tasks else None for each in deployments}
    return len(changed) == 1 and None not in changed


def _by_workers(runs: Sequence[MeasuredRun]) -> list[DrainByWorkers]:
    sets: dict[tuple[int, str], list[MeasuredRun]] = {}
    for run in runs:
        if run.sizing.workers is not None:
            sets.setdefault((run.sizing.workers, run.run.environment), []).append(run)
    if len({workers for workers, _ in sets}) == 1:
        return []
    found = []
    for (workers, environment), own in sorted(sets.items()):
        rows = {row.key: row.environments[environment] for row in _rows(metrics.QUEUE, {environment: own}, {}, 0)}
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
            affected = sum(1 for count in counts if count)
            found[name] = (
                Share(
                    events=happened,
                    trials=tried,
                    upper_bound=intervals.upper_bound(happened, tried),
                    runs=len(runs),
                    runs_with_events=affected,
                    upper_bound_of_runs=intervals.upper_bound(affected, len(runs)),
                )
                if len(counts) == len(runs)
                else None
            )
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
