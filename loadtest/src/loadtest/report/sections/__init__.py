"""The sections of a report, as text, tables and charts: validity, then the figures, then the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.report.sections.figures import figure_sections
from loadtest.report.sections.system import system_sections
from loadtest.report.sections.validity import run_validity_sections, validity_sections

if TYPE_CHECKING:
    from loadtest.report.document import Section
    from loadtest.report.report import Report


def sections(report: Report) -> list[Section]:
    """Return all sections of a comparison, in order."""
    return [*validity_sections(report), *figure_sections(report), *system_sections(report)]


def run_sections(report: Report) -> list[Section]:
    """Return all sections of the report of a single run, in order."""
    return [*run_validity_sections(report), *figure_sections(report), *system_sections(report)]
