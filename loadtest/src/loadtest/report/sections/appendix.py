"""The appendix, folded: the gates of each run, parity, versions, and every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.document import Fold, Section, Table, Text
from loadtest.report.formatting import number
from loadtest.report.measured_run import leaves
from loadtest.report.reference import REPORTED_PER_REQUEST
from loadtest.report.sections.circumstances import HEADER, circumstance_cells, started
from loadtest.report.sections.figures import figure_tables
from loadtest.report.sections.over_time import endurance_blocks, timeline_blocks
from loadtest.report.sections.system import deployment_tables, parity_blocks
from loadtest.report.sections.tables import estimated
from loadtest.report.selection import SYSTEM

if TYPE_CHECKING:
    from loadtest.record.run import Gate
    from loadtest.report.document import Notice
    from loadtest.report.report import Figures, Report, RunEntry

_CIRCUMSTANCES = ["Environment", "Scenario", "Settings", "Versions", "Host"]


def appendix_section(report: Report) -> Section:
    """Return the appendix of a comparison."""
    folds = [_gates(report)]
    if report.several_environments:
        folds.append(Fold("Parity of the resources", parity_blocks(report)))
    folds.append(_circumstances(report))
    if report.figures:
        figures = report.figures
        folds += [
            Fold("Figures", [*figure_tables(report, figures), *deployment_tables(report, figures)]),
            Fold("Load, queue and completions over time", timeline_blocks(report, figures)),
            Fold("Response times and memory over time", endurance_blocks(report, figures)),
        ]
        if figures.references:
            folds.append(_references(report, figures))
    return Section("Appendix", [*folds])


def run_appendix_section(report: Report) -> Section:
    """Return the appendix of the report of a single run."""
    [run] = report.runs
    gates = Table(
        "Gates that the run passed (✓) or failed (✗)", ["Gate", "", "Detail"], [_gate(gate) for gate in run.gates]
    )
    failed = any(not gate.passed for gate in run.gates)
    circumstances = Table(
        "Settings, versions and host",
        ["", ""],
        [
            list(row)
            for row in zip([*_CIRCUMSTANCES, *HEADER], [*_circumstances_of(run), *circumstance_cells(run)], strict=True)
        ],
    )
    folds = [Fold("Gates", [gates], opened=failed), Fold("Settings, versions and hosts", [circumstances])]
    if report.figures:
        tables = [*figure_tables(report, report.figures), *deployment_tables(report, report.figures)]
        folds.append(Fold("Figures", [*tables]))
    return Section("Appendix", [*folds])


def _gates(report: Report) -> Fold:
    """Return the gates, a row per run; they are open if a run failed one."""
    failures = [[run.label, *_gate(gate)] for run in report.runs for gate in run.gates if not gate.passed]
    overview = Table(
        "Gates of each run",
        ["Run", "", "Passed", "Failed"],
        [
            [
                run.label,
                run.state,
                f"{sum(gate.passed for gate in run.gates)} of {len(run.gates)}" if run.gates else NOT_MEASURED,
                ", ".join(gate.name for gate in run.gates if not gate.passed) or NOT_MEASURED,
            ]
            for run in report.runs
        ],
    )
    details = Table(
        "Details of the gates",
        ["Run", "Gate", "", "Detail"],
        [[run.label, *_gate(gate)] for run in report.runs for gate in run.gates],
        folded=True,
    )
    failed = [Table("Failed gates", ["Run", "Gate", "", "Detail"], failures)] if failures else []
    return Fold("Gates", [*failed, overview, details], opened=bool(failures))


def _circumstances(report: Report) -> Fold:
    table = Table(
        "Settings, versions and host of each run",
        ["Run", "Started at", *_CIRCUMSTANCES],
        [[run.label, started(run), *_circumstances_of(run)] for run in report.runs if run.environment],
    )
    return Fold("Settings, versions and hosts", [table])


def _gate(gate: Gate) -> list[str]:
    return [gate.name, "✓" if gate.passed else "✗", gate.detail]


def _circumstances_of(run: RunEntry) -> list[str]:
    settings = {name: value for name, value in (run.settings or {}).items() if name != SYSTEM}
    tables = [
        ", ".join(f"{name}: {value}" for name, value in leaves(each)) for each in (settings, run.versions, run.host)
    ]
    return [run.environment or NOT_MEASURED, run.scenario or NOT_MEASURED, *tables]


def _references(report: Report, figures: Figures) -> Fold:
    rows = [row for row in figures.rows if any(row.key in reference.figures for reference in figures.references)]
    printed = "; ".join(f"{each.environment} {each.printed_per_second:g}/s" for each in figures.references)
    blocks: list[Text | Notice | Table] = [
        Text(
            "† marks figures that the reference system published for the same load and workers. They come from one "
            "run each on other computers, with the ramp, so they show no difference. Its peak depth is the maximum "
            "of CloudWatch's values per minute, and can be too low."
        ),
        Text(
            f"Its rates are halved, as its load generator counted each request {REPORTED_PER_REQUEST} times: it "
            f"fired Locust's request event itself, in addition to Locust. The published rates are {printed}."
        ),
        Table(
            "Figures of the runs and published figures",
            [
                "",
                *(each.name for each in report.environments),
                *(f"† published: {reference.environment}" for reference in figures.references),
            ],
            [
                [
                    f"{row.label}, {row.unit}",
                    *(estimated(own) for own in row.environments.values()),
                    *(number(reference.figures.get(row.key)) for reference in figures.references),
                ]
                for row in rows
            ],
        ),
    ]
    return Fold("Reference system", [*blocks])
