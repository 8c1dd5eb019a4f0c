"""What the report says about missing measurements and runs that cannot be compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.report import html, markdown
from loadtest.report.document import Chart, Items, Notice, Section, Table, Text
from loadtest.report.sections import sections

from .synthetic import COST, SCENARIO

if TYPE_CHECKING:
    from loadtest.report.report import Report

    from .conftest import Compare, MakeRun


@pytest.fixture
def bare(make_run: MakeRun, compare_runs: Compare) -> Report:
    """The report on runs without any optional measurement."""
    nothing: dict[str, Any] = {"cost": None, "spans": False}
    paths = [make_run(name, 1, **nothing) for name in ("localstack", "ministack")]
    for path in paths:
        (path / "memory.csv").unlink()
        run = json.loads((path / "run.json").read_text())
        (path / "run.json").write_text(json.dumps(run | {"memory": None}))
    return compare_runs(*paths)


def section(report: Report, heading: str) -> Section:
    [found] = [each for each in sections(report) if each.heading == heading]
    return found


def table(section: Section, caption: str) -> list[list[str]]:
    [found] = [block for block in section.blocks if isinstance(block, Table) and block.caption.startswith(caption)]
    return found.rows


def test_what_was_not_recorded_is_reported_as_not_measured(bare: Report) -> None:
    assert section(bare, "Cost").blocks == [
        Notice("caution", "The cost of localstack, ministack is unknown: its runs do not record it.")
    ]
    assert "Not measured: no run has a resources.json." in str(section(bare, "Resources"))
    assert "so there is no chart" in str(section(bare, "Deployment"))
    assert "Memory was not measured" in str(section(bare, "Response times and memory over time"))
    assert table(section(bare, "Deployment"), "Deployment")[-1] == ["Teardown, s", "—", "—", "—"]


def test_the_cost_is_shown_where_it_is_recorded(make_run: MakeRun, compare_runs: Compare) -> None:
    cost = section(compare_runs(make_run("localstack", 1), make_run("ministack", 1, cost=None)), "Cost")
    assert "The cost of ministack is unknown" in str(cost.blocks[0])
    assert "at the list prices of us-west-2 of 2026, not verified since" in str(cost)
    assert table(cost, "Monthly cost") == [["total", "$79.45", "—"]]


def test_different_price_lists_are_named_with_their_environments(make_run: MakeRun, compare_runs: Compare) -> None:
    other = COST | {"prices": COST["prices"] | {"region": "eu-west-1", "as_of": "2027"}}
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1, cost=other))
    assert "prices of us-west-2 of 2026 (localstack) and eu-west-1 of 2027 (ministack)" in str(section(report, "Cost"))


def test_a_run_of_schema_1_has_no_cost(make_run: MakeRun, compare_runs: Compare) -> None:
    path = make_run("localstack", 1)
    run = json.loads((path / "run.json").read_text()) | {"schema": 1}
    del run["cost"]
    (path / "run.json").write_text(json.dumps(run))
    assert "The cost of localstack is unknown" in str(section(compare_runs(path), "Cost"))


def test_a_ratio_of_single_runs_has_no_interval_and_shows_no_difference(bare: Report) -> None:
    [median] = [row for row in table(section(bare, "Throughput"), "Throughput") if row[0] == "Requests answered, /s"]
    assert median[-1].endswith(" cannot tell")
    assert "(" not in "".join(median)


def test_a_load_too_short_for_windows_is_reported(make_run: MakeRun, compare_runs: Compare) -> None:
    short = SCENARIO | {"duration_seconds": 30}
    found = section(compare_runs(make_run("localstack", 1, scenario=short)), "Response times and memory over time")
    assert found.blocks[0] == Text("The load was too short for percentiles over time.")


def test_a_p95_over_time_is_drawn_if_there_is_one(make_run: MakeRun, compare_runs: Compare) -> None:
    busy = SCENARIO | {"users": 20, "spawn_rate_per_second": 20}
    found = section(compare_runs(make_run("localstack", 1, scenario=busy)), "Response times and memory over time")
    [chart] = [block for block in found.blocks if isinstance(block, Chart)]
    assert chart.table.header[1:] == [
        "Response time, median, ms: localstack",
        "Response time, p95, ms: localstack",
        "Memory of api, MiB: localstack",
        "Memory of processor, MiB: localstack",
    ]


def test_a_report_without_a_run_to_compare_still_shows_the_gates(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1, refuse=True))
    assert [each.heading for each in sections(report)] == ["Summary", "Validity gates"]
    gates = table(section(report, "Validity gates"), "Gates")
    assert gates[0][:2] == ["localstack/1", "left out"]
    assert "✗" in gates[0]


def test_one_environment_has_no_differences(make_run: MakeRun, compare_runs: Compare) -> None:
    found = section(compare_runs(make_run("localstack", 1), make_run("localstack", 2)), "Summary")
    assert found.blocks == [
        Notice(
            "bad",
            "Nothing can be compared: there is only localstack (2 runs); 0 of 2 runs left out, 0 damaged. "
            "No order was lost, dead-lettered or completed twice.",
        )
    ]


def test_different_numbers_of_workers_are_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run("localstack", 1), make_run("localstack", 2, workers=20)]
    found = section(compare_runs(*runs), "Summary")
    assert found.blocks[0] == Notice(
        "caution",
        "Nothing can be compared: there is only localstack (1 run); 1 of 2 runs left out, 0 damaged. "
        "No order was lost, dead-lettered or completed twice. The drain time is shown by number of workers: 10, 20.",
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


def test_markdown_is_escaped() -> None:
    assert markdown.render("Title", "a | b", [BLOCKS]).splitlines() == [
        "# Title",
        "",
        r"a \| b",
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


def test_html_is_escaped() -> None:
    page = html.render("<Title>", "<Subtitle>", [BLOCKS])
    assert "<h1>&lt;Title&gt;</h1>" in page
    assert '<p class="subtitle">&lt;Subtitle&gt;</p>' in page
    assert "<p>a | b &lt; c &amp; *d*</p>" in page
    assert '<p class="notice bad">&lt;e&gt;</p>' in page
    assert '<td class="number">~ 1.0</td>' in page


def test_a_chart_is_drawn_in_both_widths() -> None:
    widths = []
    chart = Chart("p", "A title", "A description", lambda canvas: widths.append(canvas.width), Table("T", [""], [[""]]))
    html.render("Title", "", [Section("S", [chart])])
    assert widths == [340, 900]
