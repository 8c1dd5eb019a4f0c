"""What the report says, in words and tables, about what is missing or cannot be compared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.report import html, markdown
from loadtest.report.document import Items, Notice, Chart, Section, Table, Text
from loadtest.report.sections import sections

from .synthetic import SCENARIO

if TYPE_CHECKING:
    from loadtest.report.report import Report

    from .conftest import Compare, MakeRun

TIME = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def bare(make_run: MakeRun, compare_runs: Compare) -> Report:
    """Runs that recorded nothing but what they have to."""
    nothing: dict[str, Any] = {"system": None, "spans": False, "memory": False}
    return compare_runs(*(make_run(name, 1, **nothing) for name in ("localstack", "ministack")))


def section(report: Report, heading: str) -> Section:
    [found] = [each for each in sections(report) if each.heading == heading]
    return found


def table(section: Section, caption: str) -> list[list[str]]:
    [found] = [block for block in section.blocks if isinstance(block, Table) and block.caption.startswith(caption)]
    return found.rows


def test_what_was_not_recorded_is_not_measured_and_says_why(bare: Report) -> None:
    assert table(section(bare, "Cost"), "A month") == [["together", "—", "—"]]
    assert "Not known for localstack, ministack: its runs do not say what the system is made of." in str(
        section(bare, "Cost")
    )
    assert "Not measured: no run has a resources.json." in str(section(bare, "What exists where"))
    assert "there is no chart of it" in str(section(bare, "Deployment"))
    assert "Memory was not measured" in str(section(bare, "Response times and memory over time"))
    assert table(section(bare, "Deployment"), "Deployment")[-1] == ["Teardown, s", "—", "—", "—"]


def test_single_runs_show_a_ratio_without_an_interval_as_nothing_shown(bare: Report) -> None:
    [median] = [row for row in table(section(bare, "Throughput"), "Throughput") if row[0] == "Requests answered, /s"]
    assert median[-1].startswith("~ ")
    assert "(" not in "".join(median)


def test_what_has_too_few_answers_for_windows_says_so(make_run: MakeRun, compare_runs: Compare) -> None:
    short = SCENARIO | {"duration_seconds": 30}
    said = section(compare_runs(make_run("localstack", 1, scenario=short)), "Response times and memory over time")
    assert said.blocks[0] == Text("The load was too short for windows with percentiles of their own.")


def test_a_p95_over_time_is_drawn_where_there_is_one(make_run: MakeRun, compare_runs: Compare) -> None:
    busy = SCENARIO | {"users": 20, "spawn_rate_per_second": 20}
    said = section(compare_runs(make_run("localstack", 1, scenario=busy)), "Response times and memory over time")
    [chart] = [block for block in said.blocks if isinstance(block, Chart)]
    assert chart.table.header[1:] == [
        "Response time, median, ms: localstack",
        "Response time, p95, ms: localstack",
        "Memory of api, MiB: localstack",
        "Memory of processor, MiB: localstack",
    ]


def test_a_report_without_a_run_to_compare_still_shows_the_gates(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1, refuse=True))
    assert [each.heading for each in sections(report)] == ["What can be said", "Validity gates"]
    gates = table(section(report, "Validity gates"), "Gates")
    assert gates[0][:2] == ["localstack/1", "left out"]
    assert "✗" in gates[0]


def test_with_one_environment_nothing_is_called_different(make_run: MakeRun, compare_runs: Compare) -> None:
    said = section(compare_runs(make_run("localstack", 1), make_run("localstack", 2)), "What can be said")
    assert said.blocks == [
        Notice("bad", "Nothing can be compared: only localstack (2 runs) is left; 0 of 2 runs left out, 0 damaged.")
    ]


def test_runs_with_other_numbers_of_workers_are_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run("localstack", 1), make_run("localstack", 2, workers=20)]
    said = section(compare_runs(*runs), "What can be said")
    assert said.blocks[0] == Notice(
        "caution",
        "Nothing can be compared: only localstack (1 run) is left; 1 of 2 runs left out, 0 damaged. "
        "The drain is shown by the number of workers: 10, 20.",
    )


BLOCKS = Section(
    "Names",
    [
        Text("a | b < c & *d*"),
        Notice("bad", "<e>"),
        Items(["f", "g"]),
        Table("H", ["", "i"], [["j", "k|l"]]),
        Table("M", ["", "n"], [["o", "~ 1.0"]], folded=True),
    ],
)


def test_markdown_keeps_what_has_a_meaning_there_as_text() -> None:
    assert markdown.render("Title", TIME, [BLOCKS]).splitlines() == [
        "# Title",
        "",
        "Generated at 2026-01-06T00:00:00+00:00",
        "",
        "## Names",
        "",
        r"a \| b \< c & \*d\*",
        "",
        r"> ✗ \<e\>",
        "",
        "- f",
        "- g",
        "",
        "H:",
        "",
        "|  | i |",
        "| --- | --- |",
        r"| j | k\|l |",
        "",
        "<details>",
        "<summary>M</summary>",
        "",
        "|  | n |",
        "| --- | --- |",
        r"| o | \~ 1.0 |",
        "",
        "</details>",
    ]


def test_html_keeps_what_has_a_meaning_there_as_text() -> None:
    page = html.render("<Title>", TIME, [BLOCKS])
    assert "<h1>&lt;Title&gt;</h1>" in page
    assert "<p>a | b &lt; c &amp; *d*</p>" in page
    assert '<p class="notice bad">&lt;e&gt;</p>' in page
    assert '<td class="number">~ 1.0</td>' in page


def test_a_picture_is_drawn_for_both_widths() -> None:
    widths = []
    chart = Chart("p", "A title", "A description", lambda canvas: widths.append(canvas.width), Table("T", [""], [[""]]))
    html.render("Title", TIME, [Section("S", [chart])])
    assert widths == [340, 900]
