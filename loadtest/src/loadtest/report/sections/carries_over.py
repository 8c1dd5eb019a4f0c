"""The section on what the figures tell about AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from loadtest.report.document import Card, Cards, Section, Text
from loadtest.report.sections.behaviours import behaviour_blocks
from loadtest.report.transfer import How

if TYPE_CHECKING:
    from loadtest.report.document import Block
    from loadtest.report.report import Report

_HEADINGS: dict[How, str] = {
    "shown equal": "Shown equal: carries over",
    "only as a ratio": "Only as a ratio",
    "says nothing": "Says nothing about AWS",
}


def carries_over_section(report: Report) -> Section:
    """Return a card for each way in which figures carry over to AWS, or not."""
    if not report.carries_over:
        return Section("What carries over", [Text("No run is on an emulator, so there is nothing to carry over.")])
    basis = (
        "By the verdicts on emulators and AWS. What differs still holds for versions of your code on the same emulator."
        if report.on_aws
        else "By arithmetic and by what emulators lack, as no run here is on AWS."
    )
    cards = [
        Card(
            _HEADINGS[how],
            "plain",
            [f"{each.figure}: {each.because}" for each in report.carries_over if each.how == how] or ["none"],
        )
        for how in get_args(How)
    ]
    blocks: list[Block] = [Text(basis), Cards(cards), *behaviour_blocks(report)]
    return Section("What carries over", blocks)
