"""The sections of a report, as text, tables and charts, in the order in which a reader asks.

First the answer and what it tells about AWS, then the evidence, from ratios to single runs, then costs; tables and
circumstances are in the appendix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.document import Section
from loadtest.report.sections.answer import answer_section, run_answer_section
from loadtest.report.sections.appendix import appendix_section, run_appendix_section
from loadtest.report.sections.carries_over import carries_over_section
from loadtest.report.sections.figures import backlog_section, ledger_section, runs_section, tail_section
from loadtest.report.sections.over_time import endurance_blocks, timeline_blocks
from loadtest.report.sections.ratios import ratios_section
from loadtest.report.sections.system import cost_section, deployment_section

if TYPE_CHECKING:
    from loadtest.report.report import Report


def sections(report: Report) -> list[Section]:
    """Return all sections of a comparison, in order; without figures, the answer and the appendix."""
    figures = report.figures
    if figures is None:
        return [answer_section(report), appendix_section(report)]
    return [
        answer_section(report),
        carries_over_section(report),
        ratios_section(report, figures),
        tail_section(report, figures),
        runs_section(report, figures),
        backlog_section(figures),
        ledger_section(report, figures),
        cost_section(report, figures),
        deployment_section(report, figures),
        appendix_section(report),
    ]


def run_sections(report: Report) -> list[Section]:
    """Return all sections of the report of a single run, in order."""
    figures = report.figures
    assert figures is not None  # noqa: S101  # a report of a single run has figures
    return [
        run_answer_section(report),
        carries_over_section(report),
        ratios_section(report, figures),
        tail_section(report, figures),
        Section("Over time", [*timeline_blocks(report, figures), *endurance_blocks(report, figures)]),
        backlog_section(figures),
        ledger_section(report, figures),
        cost_section(report, figures),
        deployment_section(report, figures),
        run_appendix_section(report),
    ]
