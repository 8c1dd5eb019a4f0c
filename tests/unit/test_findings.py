"""The figures that docs/findings.md quotes (intervals, and rows by workers) are in the reports that it links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS = re.split("^## ", (DOCS / "findings.md").read_text(), flags=re.MULTILINE)[1:]
REPORT = re.compile(r"\((findings/\w+\.md)\)")
FIGURE = re.compile(r"(?:\\~ )?[\d.,]+ \([\d.,]+ to [\d.,]+\)|^\| \d+ \| .*$", re.MULTILINE)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_the_figures_of_a_section_are_in_its_report(section: str) -> None:
    reports = "".join((DOCS / name).read_text() for name in REPORT.findall(section))
    figures = FIGURE.findall(section)

    assert [figure for figure in figures if figure not in reports] == []


def test_each_report_is_quoted() -> None:
    quoted = {name for section in SECTIONS if FIGURE.search(section) for name in REPORT.findall(section)}

    assert quoted == {f"findings/{path.name}" for path in DOCS.glob("findings/*.md")}
