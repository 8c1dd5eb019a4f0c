"""The sections on the validity of the figures: the verdicts, cautions, and the gates of each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.document import Items, Notice, Section, Table, Text
from loadtest.report.formatting import multiple, number
from loadtest.report.measured_run import leaves
from loadtest.report.metrics import CALCULATED
from loadtest.report.selection import SYSTEM

if TYPE_CHECKING:
    from loadtest.record.run import Gate
    from loadtest.report.document import Block
    from loadtest.report.report import Figures, PairRatio, Report, Row, RunEntry

_CIRCUMSTANCES = ["Environment", "Scenario", "Started at", "Settings", "Versions", "Host"]
_CONDITIONS = [
    "CPU of this computer, %",
    "Latest order, ms late",
    "Services' clock ahead, s",
    "Emulators started at",
]


def validity_sections(report: Report) -> list[Section]:
    """Return the sections of a comparison that come before any figure."""
    return [_summary(report), _gates(report)]


def run_validity_sections(report: Report) -> list[Section]:
    """Return the sections of a single run that come before any figure."""
    [run] = report.runs
    verdict = Notice("bad" if run.reason or report.losses else "good", report.verdict)
    gates = Table(
        "Gates that the run passed (✓) or failed (✗)", ["Gate", "", "Detail"], [_gate(gate) for gate in run.gates]
    )
    circumstances = Table(
        "Settings, versions and host",
        ["", ""],
        [
            list(row)
            for row in zip([*_CIRCUMSTANCES, *_CONDITIONS], [*_circumstances(run), *_conditions(run)], strict=True)
        ],
        folded=True,
    )
    return [
        Section("Summary", [verdict, *(Notice("caution", caution) for caution in report.cautions)]),
        Section("Validity gates", [gates, circumstances]),
    ]


def _summary(report: Report) -> Section:
    by_workers = report.figures and report.figures.by_workers
    level: Literal["good", "caution", "bad"] = "good" if report.several_environments else "bad"
    if report.losses:
        level = "bad"
    elif by_workers and not report.several_environments:
        level = "caution"
    blocks: list[Block] = [Notice(level, report.verdict)]
    blocks += [
        Notice("bad", f"{run.label} is {run.state}: {run.reason}.") for run in report.runs if run.state != "compared"
    ]
    blocks += [Notice("caution", caution) for caution in report.cautions]
    if report.figures and report.several_environments:
        blocks += _differences(report, report.figures)
    return Section("Summary", blocks)


def _differences(report: Report, figures: Figures) -> list[Block]:
    """Return the verdicts on all figures; those of the queue model follow from the load, not from the environment."""
    families = {
        name: [(row, pair) for row in family if row.key not in CALCULATED for pair in row.ratios if pair.ratio.ratio]
        for name, family in figures.families.items()
    }
    margin, confidence = f"{100 * report.margin:g} %", f"{100 * report.confidence:g} %"
    blocks: list[Block] = [Text(f"Differs by more than {margin}:")]
    differ = [
        f"{name}: {row.label}, {pair.numerator} / {pair.denominator} = {multiple(pair.ratio)}"
        for name, family in families.items()
        for row, pair in family
        if pair.ratio.verdict == "differs"
    ]
    blocks.append(Items(differ or ["none"]))
    for verdict, heading in (("equal", f"Equal within {margin}"), ("cannot tell", "Cannot tell")):
        named = [
            f"{name}: {', '.join(dict.fromkeys(_named(row, pair, figures) for row, pair in own))}"
            for name, family in families.items()
            if (own := [(row, pair) for row, pair in family if pair.ratio.verdict == verdict])
        ]
        blocks += [Text(f"{heading}:"), Items(named or ["none"])]
    largest = max(map(len, families.values()), default=0)
    # Of equal figures, an interval is beside the true ratio in 1 of 20 cases, and beyond the margin in fewer.
    chance = 100 * min(1.0, largest * (1 - report.confidence))
    rounds = max((pair.ratio.rounds or 0 for family in families.values() for _, pair in family), default=0)
    how = f"compared in {rounds} rounds, in pairs" if rounds else "not made in rounds, and so compared without pairs"
    blocks.append(
        Text(
            f"The runs were {how}. Each interval contains the true ratio in {confidence} of all comparisons of this "
            "kind: within this experiment, as other days and computers give other figures. Figures of a family rise "
            f"and fall together; in a family of {largest}, all of them equal, a wrong difference appears in at most "
            f"{chance:.0f} % of all comparisons. Believe what differs in several figures, and what comes again."
        )
    )
    return blocks


def _named(row: Row, pair: PairRatio, figures: Figures) -> str:
    several = len(figures.response[0].ratios) > 1
    return f"{row.label} ({pair.numerator} / {pair.denominator})" if several else row.label


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
    return Section("Validity gates", [overview, _order(report), details, circumstances])


def _order(report: Report) -> Table:
    """Return what tells one run from the others, in the order in which they were made."""
    made = sorted((run.started_at, run.label, run) for run in report.runs if run.started_at)
    return Table(
        "Runs in the order in which they were made",
        ["Run", "Environment", "Round", "Started at", *_CONDITIONS],
        [
            [run.label, run.environment or NOT_MEASURED, number(run.round), _started(run), *_conditions(run)]
            for _, _, run in made
        ],
    )


def _conditions(run: RunEntry) -> list[str]:
    clocks = run.clocks
    since = [f"{name} {emulator.started_at:%m-%d %H:%M:%S}" for name, emulator in (run.emulators or {}).items()]
    return [
        number(run.host_cpu_percent),
        number(run.late_max_ms),
        f"{clocks.shift:+.4f} ({clocks.least:+.4f} to {clocks.most:+.4f})" if clocks else NOT_MEASURED,
        ", ".join(since) or NOT_MEASURED,
    ]


def _started(run: RunEntry) -> str:
    return f"{run.started_at:%Y-%m-%d %H:%M:%S %Z}" if run.started_at else NOT_MEASURED


def _gate(gate: Gate) -> list[str]:
    return [gate.name, _mark(gate.passed), gate.detail]


def _mark(passed: bool | None) -> str:  # noqa: FBT001  # the value of a gate, not a mode
    return NOT_MEASURED if passed is None else "✓" if passed else "✗"


def _circumstances(run: RunEntry) -> list[str]:
    settings = {name: value for name, value in (run.settings or {}).items() if name != SYSTEM}
    tables = [
        ", ".join(f"{name}: {value}" for name, value in leaves(each)) for each in (settings, run.versions, run.host)
    ]
    return [run.environment or NOT_MEASURED, run.scenario or NOT_MEASURED, _started(run), *tables]
