"""What docs/findings.md quotes is in the reports that it links, and these follow from the rows beside them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from loadtest.__main__ import main
from loadtest.report.publish import ARCHIVE, unpack
from probes import results
from probes.probe import Outcome

DOCS = Path(__file__).parents[2] / "docs"
SECTIONS = re.split("^## ", (DOCS / "findings.md").read_text(), flags=re.MULTILINE)[1:]
REPORT = re.compile(r"\((findings/\w+(?:/comparison)?\.md)\)")
FIGURE = re.compile(r"(?:\\~ )?[\d.,]+ \([\d.,]+ to [\d.,]+\)|^\| \d+ \| .*$", re.MULTILINE)
MOST_BYTES = 3_000_000


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_the_figures_of_a_section_are_in_its_report(section: str) -> None:
    reports = "".join((DOCS / name).read_text() for name in REPORT.findall(section))
    figures = FIGURE.findall(section)

    assert [figure for figure in figures if figure not in reports] == []


@pytest.mark.parametrize(
    "file",
    [*DOCS.glob("../probes/expected/*.json"), DOCS / "findings/fakecloud/default.json"],
    ids=lambda file: file.stem,
)
def test_the_counts_of_the_probes_are_those_of_the_results(file: Path) -> None:
    found = results.read(file)
    findings = (DOCS / "findings.md").read_text()
    services = [
        [result.outcome for result in found.results if result.name.startswith(prefix)]
        for prefix in ("", "sqs.", "sns.", "iam.", "ecs.")
    ]

    for row, counts in {
        "of": [len(outcomes) for outcomes in services],
        found.environment: [outcomes.count(Outcome.AS_AWS) for outcomes in services],
    }.items():
        assert f"| {row} | {' | '.join(map(str, counts))} |" in findings


def test_each_report_is_quoted() -> None:
    quoted = {name for section in SECTIONS if FIGURE.search(section) for name in REPORT.findall(section)}

    assert quoted == {str(path.relative_to(DOCS)) for path in DOCS.glob("findings/**/*.md")}


@pytest.mark.timeout(300)
def test_the_published_rows_give_the_published_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for archive in DOCS.glob(f"findings/*/{ARCHIVE}"):
        published, again = archive.parent, tmp_path / archive.parent.name
        report = json.loads((published / "comparison.json").read_text())
        generated = datetime.fromisoformat(report["generated_at"])
        monkeypatch.setenv("SOURCE_DATE_EPOCH", f"{generated.timestamp():.0f}")
        unpack(archive, again / "runs")
        runs = [again / "runs" / run["label"] for run in report["runs"]]

        assert main(["compare", *map(str, runs), "--output", str(again)]) == 0
        for name in ("comparison.json", "comparison.md"):
            assert (again / name).read_bytes() == (published / name).read_bytes(), f"{published}/{name}"


def test_what_is_published_is_small() -> None:
    published = [file for directory in DOCS.glob("findings/*/") for file in directory.iterdir()]

    assert sum(file.stat().st_size for file in published) <= MOST_BYTES
