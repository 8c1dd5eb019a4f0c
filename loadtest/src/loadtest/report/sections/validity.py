"""The sections on the validity of the figures: the verdict, cautions, and the gates of each run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.document import Items, Notice, Section, Table, Text
from loadtest.report.formatting import multiple
from loadtest.report.measured_run import leaves
from loadtest.report.metrics import CALCULATED
from loadtest.report.selection import SYSTEM

if TYPE_CHECKING:
    from loadtest.record.run import Gate
    from loadtest.report.document import Block
    from loadtest.report.report import Figures, Report, Row, RunEntry

_CIRCUMSTANCES = ["Environment", "Scenario", "Started at", "Settings", "Versions", "Host"]


def validity_sections(report: Report) -> list[Section]:
    """Return the sections of a comparison that come before any figure."""
    return [_summary(report), _gates(report)]


def run_validity_sections(report: Report) -> list[Section]:
    """Return the sections of a single run that come before any figure."""
    [run] = report.runs
    verdict = Notice("bad" if run.reason else "good", report.verdict)
    gates = Table(
        "Gates that the run passed (✓) or failed (✗)", ["Gate", "", "Detail"], [_gate(gate) for gate in run.gates]
    )
    circumstances = Table(
        "Settings, versions and host",
        ["", ""],
        [list(row) for row in zip(_CIRCUMSTANCES, _circumstances(run), strict=True)],
        folded=True,
    )
    return [
        Section("Summary", [verdict, *(Notice("caution", caution) for caution in report.cautions)]),
        Section("Validity gates", [gates, circumstances]),
    ]


def _summary(report: Report) -> Section:
    by_workers = report.figures and report.figures.by_workers
    blocks: list[Block] = [
        Notice("good" if report.several_environments else "caution" if by_workers else "bad", report.verdict)
    ]
    blocks += [
        Notice("bad", f"{run.label} is {run.state}: {run.reason}.") for run in report.runs if run.state != "compared"
    ]
    blocks += [Notice("caution", caution) for caution in report.cautions]
    if report.figures and report.several_environments:
        blocks += [
            Text("Differences shown between the typical runs of two environments:"),
            Items(_differences(report.figures) or ["none"]),
            Text(
                f"An interval contains the true ratio in {100 * report.confidence:g} % of all comparisons, so one in "
                f"{1 / (1 - report.confidence):.0f} equal figures appears here as different. ~ means that no "
                "difference is shown, which does not prove that there is none."
            ),
        ]
    return Section("Summary", blocks)


def _differences(figures: Figures) -> list[str]:
    # The queue model's figures follow from the load, not from the environment.
    return [sentence for row in figures.rows if row.key not in CALCULATED for sentence in _sentences(row)]


def _sentences(row: Row) -> list[str]:
    return [
        f"{row.label}: {pair.numerator} / {pair.denominator} = {multiple(pair.ratio)}"
        for pair in row.ratios
        if pair.ratio.differs
    ]


def _gates(report: Report) -> Section:
    checked = [run for run in report.runs if run.gates]
    names = list(dict.fromkeys(gate.name for run in checked for gate in run.gates))
    passed = {run.label: {gate.name: gate.passed for gate in run.gates} for run in checked}
    overview = Table(
        "Gates that each run passed (✓) or failed (✗)",
        ["Run", "", *names],
        [
            [run.label, run.state, *(_mark(passed.get(run.label, {}).get(name)) for name in names)]
            for run in report.runs
        ],
    )
    details = Table(
        "Details of the gates",
        ["Run", "Gate", "", "Detail"],
        [[run.label, *_gate(gate)] for run in checked for gate in run.gates],
        folded=True,
    )
    circumstances = Table(
        "Settings, versions and host of each run",
        ["Run", *_CIRCUMSTANCES],
        [[run.label, *_circumstances(run)] for run in report.runs if run.environment],
        folded=True,
    )
    return Section("Validity gates", [overview, details, circumstances])


def _gate(gate: Gate) -> list[str]:
    return [gate.name, _mark(gate.passed), gate.detail]


def _mark(passed: bool | None) -> str:  # noqa: FBT001  # the value of a gate, not a mode
    return NOT_MEASURED if passed is None else "✓" if passed else "✗"


def _circumstances(run: RunEntry) -> list[str]:
    settings = {name: value for name, value in (run.settings or {}).items() if name != SYSTEM}
    tables = [
        ", ".join(f"{name}: {value}" for name, value in leaves(each)) for each in (settings, run.versions, run.host)
    ]
    started = f"{run.started_at:%Y-%m-%d %H:%M:%S %Z}" if run.started_at else NOT_MEASURED
    return [run.environment or NOT_MEASURED, run.scenario or NOT_MEASURED, started, *tables]
