"""Build the figures of a report from the compared runs."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING

from loadtest.report import intervals, metrics
from loadtest.report.cost import system_cost
from loadtest.report.reference import reference_for
from loadtest.report.report import DrainByWorkers, Events, Figures, PairRatio, RoleSeconds, Row, Share
from loadtest.report.selection import alike_but_for_workers, differences, invalid
from loadtest.report.series import distributions, timelines
from loadtest.report.windows import medians_by_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loadtest.report.measured_run import MeasuredRun
    from loadtest.report.metrics import Metric

    Environments = Mapping[str, Sequence[MeasuredRun]]


def build_figures(
    environments: Environments,
    measured: Sequence[MeasuredRun],
    rounds: Mapping[str, int],
    *,
    margin: float,
    with_reference: bool,
) -> Figures:
    """Return the figures of environments by their compared runs.

    `measured` are all runs, also those that failed a gate; `rounds` has the number of each compared run's round, by its
    label. Ratios up to 1 + `margin` count as equal.
    """
    first = next(iter(environments.values()))[0]
    deployments = {name: deployed(runs) for name, runs in environments.items()}
    # All runs on a deployment load the same processes. Runs that do not record their deployment count as one.
    processes = {name: deployments[name] or runs[:1] for name, runs in environments.items()}
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
        deployment=compare(metrics.DEPLOYMENT, deployments, comparable=_deployed_alike),
        roles=_roles(deployments),
        spans={
            name: next(
                (run.run.deployment.spans for run in runs if run.run.deployment and run.run.deployment.spans), None
            )
            for name, runs in deployments.items()
        },
        costs={name: system_cost(runs[0]) for name, runs in environments.items()},
        timelines=timelines(environments),
        distributions=distributions(environments),
        windows=medians_by_window(environments, services),
        references=reference_for(first) if with_reference else [],
    )


def deployed(runs: Sequence[MeasuredRun]) -> list[MeasuredRun]:
    """Return the first run of each deployment, as several runs on one deployment are one observation of it."""
    first: dict[tuple[object, ...], MeasuredRun] = {}
    for run in runs:
        if run.run.deployment is not None:
            deployment = run.run.deployment
            first.setdefault((deployment.total_seconds, *sorted(deployment.roles.items())), run)
    return list(first.values())


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
