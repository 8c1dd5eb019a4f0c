"""Build a report from run directories."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from loadtest.errors import FileError
from loadtest.evaluate.summary import summary
from loadtest.record.run_directory import RunDirectory
from loadtest.report import intervals
from loadtest.report.accounts import account_ids, hide_accounts
from loadtest.report.answer import answer
from loadtest.report.build_figures import build_figures, deployed
from loadtest.report.cautions import cautions, two_groups, unknown_code
from loadtest.report.changes import changes
from loadtest.report.cost import price_list
from loadtest.report.emulators import emulators_of, not_exercised
from loadtest.report.formatting import counted
from loadtest.report.measured_run import MeasuredRun, labels_of, read_run
from loadtest.report.outliers import key_figures, outliers
from loadtest.report.parity import Parity, compare_resources
from loadtest.report.report import (
    Environment,
    Figures,
    Report,
    RunEntry,
)
from loadtest.report.rounds import rounds_of
from loadtest.report.selection import invalid, select
from loadtest.report.thresholds import check
from loadtest.report.transfer import what_carries_over
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from loadtest.report.cost import PriceList
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
        figures = build_figures(environments, measured, rounds, margin=margin, with_reference=with_reference)
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
    figures = build_figures(environments, [run], rounds, margin=intervals.MARGIN, with_reference=False)
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
        len(deployed(runs)),
        emulators,
        emulated=bool(emulators),
        not_exercised=not_exercised(emulators),
        behaviours=next((run.behaviours for run in runs if run.behaviours), []),
    )


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
