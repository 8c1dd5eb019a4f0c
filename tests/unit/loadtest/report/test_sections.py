"""What the report says about missing measurements and runs that cannot be compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.evaluate.evaluation import evaluate
from loadtest.record.run_directory import RunDirectory
from loadtest.report import html, markdown
from loadtest.report.document import Beside, Card, Cards, Chart, Fold, Items, Notice, Section, Table, Text
from loadtest.report.sections import sections

from .synthetic import COST, SCENARIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loadtest.report.document import Block
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


def fold(report: Report, heading: str) -> Fold:
    """Return a part of the appendix."""
    [found] = [
        block for block in section(report, "Appendix").blocks if isinstance(block, Fold) and block.heading == heading
    ]
    return found


def tables(blocks: Sequence[Block]) -> Iterator[Table]:
    """Yield all tables, also those of charts and those beside other blocks."""
    for block in blocks:
        match block:
            case Table():
                yield block
            case Chart():
                yield block.table
            case Beside() | Fold():
                yield from tables(block.blocks)


def table(section: Section | Fold, caption: str) -> list[list[str]]:
    [found] = [each for each in tables(section.blocks) if each.caption.startswith(caption)]
    return found.rows


def test_what_was_not_recorded_is_reported_as_not_measured(bare: Report) -> None:
    assert section(bare, "Cost").blocks == [
        Notice("caution", "The cost of localstack, ministack is unknown: its runs do not record it.")
    ]
    assert "Not measured: no run has a resources.json." in str(fold(bare, "Parity of the resources"))
    assert "so there is no chart" in str(section(bare, "Alike deployments"))
    assert "Memory was not measured" in str(fold(bare, "Response times and memory over time"))
    assert table(section(bare, "Alike deployments"), "Deployment")[-1] == ["Teardown, s", "—", "—", "—"]


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


def cards(report: Report) -> list[Card]:
    """Return the cards of the answer."""
    [found] = [block.cards for block in section(report, "Answer").blocks if isinstance(block, Cards)]
    return found


def test_the_answer_is_a_sentence_and_three_cards(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [
        make_run(name, number, ms) for number in (1, 2, 3) for name, ms in (("localstack", 24.0), ("ministack", 12.0))
    ]
    report = compare_runs(*runs)
    assert re.fullmatch(
        r"ministack answers in 0\.\d\d times the time of localstack \(median\), and .*backlog.*\.", report.answer
    )
    answer = section(report, "Answer").blocks
    assert answer[:2] == [Text(report.answer), Notice("good", "No order was lost, dead-lettered or completed twice.")]
    trusted, differs, same = cards(report)
    assert (trusted.heading, trusted.level) == ("Can it be trusted?", "good")
    assert "6 of 6 runs passed all gates, the conditions for their figures to be valid." in trusted.items
    assert differs.heading == "What differs by more than 5 %?"
    assert differs.items[0].startswith("Response time, mean: ministack / localstack = 0.")
    assert same.heading == "What is the same within 5 %?"
    assert "queue and drain: Drain time, measured / model" in same.items


def test_a_loss_is_said_before_the_cards_also_of_a_run_that_is_left_out(
    make_run: MakeRun, compare_runs: Compare
) -> None:
    runs = [make_run(name, number) for number in (1, 2) for name in ("localstack", "ministack")]
    report = compare_runs(*runs, make_run("ministack", 3, lose=2))
    notice = section(report, "Answer").blocks[1]
    assert notice == Notice("bad", report.orders)
    assert report.orders.startswith("Orders went wrong: ministack/3 (left out): 2 lost of ")
    assert cards(report)[0].level == "bad"


def test_orders_of_unknown_fate_are_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    paths = [make_run(name, 1) for name in ("localstack", "ministack")]
    for path in paths:
        (path / "dead-letters.csv").unlink()
        queue = (path / "queue.csv").read_text().splitlines()
        cells = queue[-1].split(",")
        (path / "queue.csv").write_text("\n".join([*queue[:-1], ",".join([*cells[:-1], "1"])]) + "\n")
        evaluate(RunDirectory(path))
    report = compare_runs(*paths)
    if report.environments:  # the gates may leave all out
        assert section(report, "Answer").blocks[1].level == "caution"  # type: ignore[union-attr]
    assert "Whether orders were lost is unknown" in report.orders


def test_without_runs_on_aws_arithmetic_carries_over_and_what_emulators_lack_does_not(
    make_run: MakeRun, compare_runs: Compare
) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1))
    how = {each.figure: each.how for each in report.carries_over}
    assert how["Drain time"] == how["End to end, median"] == "shown equal"
    assert how["Response times, throughput, peak depth"] == "only as a ratio"
    assert how["Throttling"] == how["Autoscaling"] == how["Deployment time"] == "says nothing"
    assert "No run here is on AWS" in str(section(report, "Answer"))
    [shown] = [block for block in section(report, "What carries over").blocks if isinstance(block, Cards)]
    assert [card.heading for card in shown.cards] == [
        "Shown equal: carries over",
        "Only as a ratio",
        "Says nothing about AWS",
    ]


def test_a_drain_beyond_the_model_does_not_carry_over(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run(name, 1, overhead_seconds=0.5) for name in ("localstack", "ministack")]
    how = {each.figure: each.how for each in compare_runs(*runs).carries_over}
    assert how["Drain time"] == "only as a ratio"


def test_with_runs_on_aws_the_verdicts_say_what_carries_over(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run(name, number, ms) for number in (1, 2, 3) for name, ms in (("aws", 40.0), ("localstack", 20.0))]
    report = compare_runs(*runs)
    carried = {each.figure: each for each in report.carries_over}
    assert carried["Response time, median"].how == "only as a ratio"
    assert carried["Drain time, measured / model"].how == "shown equal"
    assert carried["Drain time, measured / model"].because.startswith("localstack / aws = ")
    assert carried["Throttling"].how == "says nothing"
    assert "No run here is on AWS" not in str(section(report, "Answer"))


def test_an_emulator_that_nobody_knows_is_no_aws(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("floci", 1), make_run("localstack", 1))
    assert not report.on_aws
    assert "Throttling: no request is throttled" in str(report.environments[0].not_exercised)


def test_a_run_unlike_the_others_is_marked_and_so_is_what_changed(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run(name, number) for number in (1, 2, 3, 4) for name in ("localstack", "ministack")]
    slow = make_run("ministack", 5, 60.0, emulator_started=52, emulator_digest="sha256:07he")
    report = compare_runs(*runs, make_run("localstack", 5), slow)
    assert [run.outliers for run in report.runs[:-1]] == [[]] * 9
    last = report.runs[-1]
    assert "Response time, median" in last.outliers
    assert last.changes == ["digests.ministack is sha256:07he, was sha256:5eed", "ministack was restarted"]
    [chart] = [block for block in section(report, "Runs in order of time").blocks if isinstance(block, Chart)]
    assert chart.table.rows[-1][-2:] == [", ".join(last.outliers), ", ".join(last.changes)]


def test_a_run_that_is_left_out_is_among_the_runs_in_order_of_time(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run(name, number) for number in (1, 2) for name in ("localstack", "ministack")]
    report = compare_runs(*runs, make_run("ministack", 3, lose=2))
    assert table(section(report, "Runs in order of time"), "Runs in the order")[-1][:3] == [
        "ministack/3",
        "ministack",
        "—",
    ]
    assert report.runs[-1].figures["response_p50"] is not None


def test_the_backlog_says_what_each_environment_adds_to_the_model(make_run: MakeRun, compare_runs: Compare) -> None:
    backlog = section(compare_runs(make_run("localstack", 1), make_run("ministack", 1)), "Backlog")
    assert table(backlog, "Backlog at some of the times")[0][0] == "1"
    page = html.render("", "", [backlog], figures="{}")
    assert re.search(r"localstack: [\d.]+ s, model [\d.]+ s: \+1\.\d\d s", page)


def test_the_flow_of_orders_shows_what_went_wrong(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run("localstack", 1), make_run("ministack", 1), make_run("ministack", 2, lose=5, dead_letter=3)]
    page = html.render("", "", [section(compare_runs(*runs), "Ledger")], figures="{}")
    assert "3 dead-lettered" in page
    assert "2 lost" in page
    assert "0 lost" in page


def test_many_environments_and_runs_are_drawn_within_their_charts(make_run: MakeRun, compare_runs: Compare) -> None:
    names = ["localstack", "ministack", *(f"another-{number}" for number in range(6))]
    report = compare_runs(*(make_run(name, number) for number in (1, 2) for name in names))
    page = html.render("", "", sections(report), figures="{}")
    assert f"another-5 / {names[0]}" in page
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        width = float(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
        places = [float(x) for x in re.findall(r'(?:<path d="M|cx="| x=")(-?[\d.]+)', svg)]
        assert all(0 <= x <= width for x in places)


def test_a_run_with_too_few_answers_for_a_percentile_has_a_tail_section(
    make_run: MakeRun, compare_runs: Compare
) -> None:
    few = SCENARIO | {"users": 2, "spawn_rate_per_second": 4, "duration_seconds": 4}
    report = compare_runs(make_run("localstack", 1, scenario=few), make_run("ministack", 1, scenario=few))
    html.render("", "", [section(report, "Tail")], figures="{}")
    assert table(section(report, "Tail"), "Percentiles") == []


def test_a_ratio_of_single_runs_has_no_interval_and_shows_no_difference(bare: Report) -> None:
    [median] = [row for row in table(fold(bare, "Figures"), "Throughput") if row[0] == "Requests answered, /s"]
    assert median[-1].endswith(" cannot tell")
    assert "(" not in "".join(median)


def test_a_load_too_short_for_windows_is_reported(make_run: MakeRun, compare_runs: Compare) -> None:
    short = SCENARIO | {"duration_seconds": 30}
    found = fold(compare_runs(make_run("localstack", 1, scenario=short)), "Response times and memory over time")
    assert found.blocks[0] == Text("The load was too short for percentiles over time.")


def test_a_p95_over_time_is_drawn_if_there_is_one(make_run: MakeRun, compare_runs: Compare) -> None:
    busy = SCENARIO | {"users": 20, "spawn_rate_per_second": 20}
    found = fold(compare_runs(make_run("localstack", 1, scenario=busy)), "Response times and memory over time")
    [chart] = [block for block in found.blocks if isinstance(block, Chart)]
    assert chart.table.header[1:] == [
        "Response time, median, ms: localstack",
        "Response time, p95, ms: localstack",
        "Memory of api, MiB: localstack",
        "Memory of processor, MiB: localstack",
    ]


def test_a_report_without_a_run_to_compare_still_shows_the_gates(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1, refuse=True))
    assert [each.heading for each in sections(report)] == ["Answer", "Appendix"]
    gates = fold(report, "Gates")
    assert gates.opened
    assert table(gates, "Gates of each run")[0][:2] == ["localstack/1", "left out"]
    assert {row[2] for row in table(gates, "Failed gates")} == {"✗"}


def test_one_environment_has_no_differences(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("localstack", 2))
    [card] = cards(report)
    assert (card.level, card.items[0]) == (
        "bad",
        (
            "Nothing can be compared: there is only localstack (2 runs); 0 of 2 runs left out, 0 damaged. "
            "No order was lost, dead-lettered or completed twice."
        ),
    )
    assert "Ratios" not in [each.heading for each in sections(report)]


def test_different_numbers_of_workers_are_a_caution(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run("localstack", 1), make_run("localstack", 2, workers=20)]
    [card] = cards(compare_runs(*runs))
    assert (card.level, card.items[0]) == (
        "caution",
        (
            "Nothing can be compared: there is only localstack (1 run); 1 of 2 runs left out, 0 damaged. "
            "No order was lost, dead-lettered or completed twice. The drain time is shown by number of workers: 10, 20."
        ),
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
    page = html.render("<Title>", "<Subtitle>", [BLOCKS], figures="{}")
    assert "<h1>&lt;Title&gt;</h1>" in page
    assert '<p class="subtitle">&lt;Subtitle&gt;</p>' in page
    assert "<p>a | b &lt; c &amp; *d*</p>" in page
    assert '<p class="notice bad">&lt;e&gt;</p>' in page
    assert '<td role="cell" class="number" data-label="n">~ 1.0</td>' in page


@pytest.mark.parametrize(("half", "expected"), [(False, [340, 900, 1320]), (True, [340, 640])])
def test_a_chart_is_drawn_in_several_widths(half: bool, expected: list[int]) -> None:  # a parameter
    widths = []
    table = Table("T", [""], [[""]])
    chart = Chart("p", "A title", "A description", lambda canvas: widths.append(canvas.width), table, half=half)
    html.render("Title", "", [Section("S", [chart])], figures="{}")
    assert widths == expected


def test_no_text_ends_the_figures_of_a_page() -> None:
    page = html.render("T", "", [], figures='{"a": "</script><script>alert(1)</script><!--"}')
    assert page.count("</script>") == 2
    assert '{"a": "\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\\u003c!--"}' in page
