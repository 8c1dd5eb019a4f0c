"""The report in words, tables and pictures: validity first, then the figures, then what they were measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comparison.sections.figures import figure_sections
from comparison.sections.system import system_sections
from comparison.sections.validity import validity_sections

if TYPE_CHECKING:
    from comparison.document import Section
    from comparison.report import Report


def sections(report: Report) -> list[Section]:
    """Return all sections of a report, in order."""
    return [*validity_sections(report), *figure_sections(report), *system_sections(report)]
