"""The first section: the answer in one sentence, and whether it can be trusted, what differs, and what is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from loadtest.report.document import Card, Cards, Notice, Section, Text
from loadtest.report.formatting import counted, multiple
from loadtest.report.metrics import CALCULATED

if TYPE_CHECKING:
    from loadtest.report.document import Block, Level
    from loadtest.report.intervals import Verdict
    from loadtest.report.report import Figures, PairRatio, Report, Row

_NO_AWS = (
    "No run here is on AWS. What carries over to AWS, and what does not, is in the next section: times and rates of an "
    "emulator are those of a program on one computer."
)


def answer_section(report: Report) -> Section:
    """Return the answer of a comparison."""
    blocks: list[Block] = [Text(report.answer)] if report.answer else []
    if report.orders:
        shares = (
            [share for events in report.figures.events for share in events.environments.values()]
            if report.figures
            else []
        )
        level: Literal["good", "caution", "bad"] = "caution" if None in shares else "good"
        blocks.append(Notice("bad" if report.losses else level, report.orders))
    blocks.append(Cards([_trust(report), *_verdicts(report)]))
    if report.environments and not report.on_aws:
        blocks.append(Notice("caution", _NO_AWS))
    if report.figures and report.several_environments:
        blocks.append(_certainty(report, report.figures))
    return Section("Answer", blocks)


def run_answer_section(report: Report) -> Section:
    """Return the answer of a single run."""
    [run] = report.runs
    bad = bool(run.reason or report.losses)
    level: Level = "bad" if bad else "caution" if report.cautions else "good"
    failed = [f"{gate.name}: {gate.detail}" for gate in run.gates if not gate.passed]
    trust = Card("Can it be trusted?", level, [_gates(report), *failed, *report.cautions])
    blocks: list[Block] = [Text(report.answer), Notice("bad" if bad else "good", report.verdict), Cards([trust])]
    if not report.on_aws:
        blocks.append(Notice("caution", _NO_AWS))
    return Section("Answer", blocks)


def _trust(report: Report) -> Card:
    by_workers = report.figures and report.figures.by_workers
    unfit = [f"{run.label} is {run.state}: {run.reason}." for run in report.runs if run.state != "compared"]
    failed = [f"{each.expression}: {each.detail}" for each in report.thresholds if each.failed]
    passed = [each.expression for each in report.thresholds if not each.failed]
    level: Level = "caution" if unfit or report.cautions else "good"
    if report.losses or failed or not (report.several_environments or by_workers):
        level = "bad"
    items = [report.verdict, _gates(report), *unfit, *report.cautions]
    if not report.cautions and report.several_environments:
        items.append("No caution on the order of the runs, hosts, versions, restarts, or other load of this computer.")
    items += [f"Fails by --fail-if {each}" for each in failed]
    if passed:
        items.append(f"Does not fail by --fail-if {', '.join(passed)}.")
    return Card("Can it be trusted?", level, items)


def _gates(report: Report) -> str:
    """Return how many gates the runs passed."""
    checked = [run for run in report.runs if run.gates]
    passed = sum(1 for run in checked if all(gate.passed for gate in run.gates))
    if report.single_run and checked:
        good = sum(1 for gate in checked[0].gates if gate.passed)
        return f"{good} of {len(checked[0].gates)} gates passed: the conditions for the figures to be valid."
    return f"{passed} of {counted(len(checked), 'run')} passed all gates, the conditions for their figures to be valid."


def _verdicts(report: Report) -> list[Card]:
    """Return the verdicts on all figures; those of the queue model follow from the load, not from the environment."""
    figures = report.figures
    if figures is None or not report.several_environments:
        return []
    margin = f"{100 * report.margin:g} %"
    differ = [
        f"{row.label}: {pair.numerator} / {pair.denominator} = {multiple(pair.ratio)}"
        for family in figures.families.values()
        for row, pair in _pairs(family, "differs")
    ]
    same = _named(figures, "equal")
    unknown = [f"Cannot tell, {each}" for each in _named(figures, "cannot tell")]
    return [
        Card(f"What differs by more than {margin}?", "plain", differ or ["Nothing is shown to differ."]),
        Card(f"What is the same within {margin}?", "plain", [*(same or ["Nothing is shown to be equal."]), *unknown]),
    ]


def _pairs(family: list[Row], verdict: Verdict) -> list[tuple[Row, PairRatio]]:
    return [
        (row, pair)
        for row in family
        if row.key not in CALCULATED
        for pair in row.ratios
        if pair.ratio.ratio is not None and pair.ratio.verdict == verdict
    ]


def _named(figures: Figures, verdict: Verdict) -> list[str]:
    """Return the figures with a verdict, a line for each family."""
    several = len(figures.response[0].ratios) > 1
    found = []
    for name, family in figures.families.items():
        labels = [
            f"{row.label} ({pair.numerator} / {pair.denominator})" if several else row.label
            for row, pair in _pairs(family, verdict)
        ]
        if labels:
            found.append(f"{name}: {', '.join(dict.fromkeys(labels))}")
    return found


def _certainty(report: Report, figures: Figures) -> Text:
    confidence = f"{100 * report.confidence:g} %"
    families = [
        [pair.ratio for row in family if row.key not in CALCULATED for pair in row.ratios if pair.ratio.ratio]
        for family in figures.families.values()
    ]
    largest = max(map(len, families), default=0)
    # Of equal figures, an interval is beside the true ratio in 1 of 20 cases, and beyond the margin in fewer.
    chance = 100 * min(1.0, largest * (1 - report.confidence))
    rounds = max((ratio.rounds or 0 for family in families for ratio in family), default=0)
    how = f"compared in {rounds} rounds, in pairs" if rounds else "not made in rounds, and so compared without pairs"
    return Text(
        f"The runs were {how}. Each interval contains the true ratio in {confidence} of all comparisons of this "
        "kind: within this experiment, as other days and computers give other figures. Figures of a family rise "
        f"and fall together; in a family of {largest}, all of them equal, a wrong difference appears in at most "
        f"{chance:.0f} % of all comparisons. Believe what differs in several figures, and what comes again."
    )
