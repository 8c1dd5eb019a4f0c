"""What a result says about AWS beside its figures: the behaviours that were probed, by environment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.document import Items, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.behaviours import Behaviour
    from loadtest.report.document import Block
    from loadtest.report.report import Environment, Report

_AS_AWS = "as AWS"
_LONGEST = 160


def behaviour_blocks(report: Report) -> list[Block]:
    """Return the behaviours that are not as on AWS; nothing if no environment was probed."""
    probed = [each for each in report.environments if each.behaviours]
    if not probed:
        return []
    blocks: list[Block] = [
        Text(
            "Behaviours of AWS were probed in these environments, apart from the load. Where an environment differs, a "
            "run shows nothing about AWS, however good its figures are."
        ),
        Items([_counts(each) for each in probed]),
    ]
    unlike = {
        behaviour.name: behaviour for each in probed for behaviour in each.behaviours if behaviour.outcome != _AS_AWS
    }
    if used := [each for each in unlike.values() if each.used_by]:
        blocks.append(_table("Not as on AWS, and this system relies on it", used, probed))
    if other := [each for each in unlike.values() if not each.used_by]:
        blocks.append(_table("Not as on AWS otherwise", other, probed, folded=True))
    return blocks


def _counts(environment: Environment) -> str:
    counts = Counter(behaviour.outcome for behaviour in environment.behaviours)
    found = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.most_common())
    return f"{environment.name}: {found}, of {len(environment.behaviours):,} behaviours"


def _table(
    caption: str, behaviours: Sequence[Behaviour], environments: Sequence[Environment], *, folded: bool = False
) -> Table:
    found = [{behaviour.name: behaviour for behaviour in each.behaviours} for each in environments]
    rows = [
        [each.behaviour, each.used_by, *(_cell(own.get(each.name)) for own in found)]
        for each in sorted(behaviours, key=lambda each: each.name)
    ]
    return Table(caption, ["On AWS", "Relied on by", *(each.name for each in environments)], rows, folded=folded)


def _cell(behaviour: Behaviour | None) -> str:
    if behaviour is None:
        return NOT_MEASURED
    if behaviour.outcome == _AS_AWS:
        return _AS_AWS
    seen = behaviour.seen if len(behaviour.seen) <= _LONGEST else f"{behaviour.seen[:_LONGEST]}..."
    return f"{behaviour.outcome}: {seen}"
