from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.__main__ import main

from .synthetic import SAMPLES, sample_plans, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeRun

RUN_DIRECTORIES = [str(SAMPLES / "runs" / name) for name in sorted(sample_plans())]
FILES = ("comparison.html", "comparison.md", "comparison.json")


def write_report(output: Path, monkeypatch: pytest.MonkeyPatch, epoch: str = "1767700800") -> int:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    return main(["compare", *RUN_DIRECTORIES, "--output", str(output)])


def test_the_sample_report_is_reproducible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_report(tmp_path, monkeypatch) == 0
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == {
        name: (SAMPLES / "report" / name).read_bytes() for name in FILES
    }
    assert capsys.readouterr().out == (
        "Compared: localstack (3 runs), ministack (3 runs); 1 of 7 runs left out, 0 damaged. "
        "No order was lost, dead-lettered or completed twice. The drain time is shown by number of workers: 10, 20.\n"
        f"{tmp_path / 'comparison.html'}\n"
    )


@pytest.mark.parametrize(("name", "lines"), [("comparison.html", 2), ("comparison.md", 1), ("comparison.json", 1)])
def test_only_the_time_of_generation_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lines: int
) -> None:
    for output, epoch in (("then", "1767700800"), ("now", "1767787200")):
        assert write_report(tmp_path / output, monkeypatch, epoch) == 0
    then, now = ((tmp_path / output / name).read_text().splitlines() for output in ("then", "now"))
    assert sum(1 for one, other in zip(then, now, strict=True) if one != other) == lines


def test_the_sample_runs_are_reproducible(tmp_path: Path) -> None:
    for name, plan in sample_plans().items():
        write_run(tmp_path / name, plan)
        written, committed = (
            {path.name: path.read_bytes() for path in (parent / name).iterdir()}
            for parent in (tmp_path, SAMPLES / "runs")
        )
        assert written == committed


def run_compare(tmp_path: Path, *runs: Path | str) -> tuple[int, dict[str, Any]]:
    """Return the exit status and comparison.json."""
    status = main(["compare", *map(str, runs), "--output", str(tmp_path / "report")])
    return status, json.loads((tmp_path / "report/comparison.json").read_text())


def test_only_damaged_and_missing_runs_are_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs/damaged").mkdir(parents=True)
    status, report = run_compare(tmp_path, tmp_path / "runs/damaged", tmp_path / "runs/missing")
    assert status == 2
    assert [(run["state"], run["reason"]) for run in report["runs"]] == [
        ("damaged", "runs/damaged/run.json: No such file or directory"),
        ("missing", "runs/missing: no such directory"),
    ]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "loadtest: Nothing can be compared: 0 of 2 runs left out, 1 damaged, 1 missing. "
        f"The reasons are in {tmp_path}/report/comparison.html\n"
    )
    assert (
        "runs/missing is missing: runs/missing: no such directory." in (tmp_path / "report/comparison.html").read_text()
    )


def test_only_runs_that_failed_a_gate_are_a_failure(make_run: MakeRun, tmp_path: Path) -> None:
    status, report = run_compare(tmp_path, make_run("aws", 1, lose=3), make_run("ministack", 2, lose=3))
    assert status == 2
    assert [run["state"] for run in report["runs"]] == ["left out", "left out"]


def test_one_missing_run_does_not_prevent_a_comparison(tmp_path: Path) -> None:
    status, report = run_compare(tmp_path, *RUN_DIRECTORIES, tmp_path / "gone")
    assert status == 0
    assert report["verdict"].startswith(
        "Compared: localstack (3 runs), ministack (3 runs); 1 of 8 runs left out, 0 damaged, 1 missing."
    )


@pytest.mark.parametrize("given", ["1", "2/../1", "../localstack/1", "."])
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("line 12", "queue.csv: line 12: visible is 'x': Expected `int`, got `str`"),
        ("scenario", "scenario.yml: users is 0: Expected `int` >= 1"),
        ("file", "queue.csv: No such file or directory"),
    ],
)
def test_a_path_is_never_replaced_inside_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, damage: str, reason: str
) -> None:
    parent = tmp_path / "localstack"
    shutil.copytree(SAMPLES / "runs/localstack", parent)
    match damage:
        case "line 12":
            lines = (parent / "1/queue.csv").read_text().splitlines()
            time, _, *rest = lines[11].split(",")
            lines[11] = ",".join([time, "x", *rest])
            (parent / "1/queue.csv").write_text("\n".join(lines) + "\n")
        case "scenario":
            text = (parent / "1/scenario.yml").read_text()
            (parent / "1/scenario.yml").write_text(text.replace("users: 6", "users: 0"))
        case _:
            (parent / "1/queue.csv").unlink()
    monkeypatch.chdir(parent / "1" if given == "." else parent)
    _, report = run_compare(tmp_path, given, parent / "2", parent / "3")
    assert report["runs"][0]["state"] == "damaged"
    assert report["runs"][0]["reason"] == f"localstack/1/{reason}"


def test_an_invalid_time_of_generation_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_report(tmp_path, monkeypatch, "yesterday") == 2
    assert capsys.readouterr().err == (
        "loadtest: SOURCE_DATE_EPOCH is 'yesterday': a whole number of unix seconds is expected\n"
    )


def compare(tmp_path: Path, *options: str) -> int:
    return main(["compare", *RUN_DIRECTORIES, "--output", str(tmp_path), *options])


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        (["p99 ratio > 1.2", "p95 ratio > 1.2"], 1),
        (["p95 ratio > 1.2"], 0),
        (["p95 ratio < 0.6"], 1),
        (["p95 ratio high < 0.6"], 1),
        (["p95 ratio low<=0.1"], 0),
        (["lost > 0", "dead-lettered>=0"], 1),
        (["lost > 0", "dead-lettered >= 1", "failures > 0", "duplicated > 0"], 0),
        (["drain_added > 10", "drain > 60"], 0),
        (["memory_api ratio > 2", "memory_growth_api > 5"], 0),
        (["memory_worker > 5"], 1),
    ],
)
def test_conditions_decide_the_exit_status(tmp_path: Path, conditions: list[str], status: int) -> None:
    options = [each for condition in conditions for each in ("--fail-if", condition)]
    assert compare(tmp_path, *options) == status


def test_each_condition_is_shown_with_what_was_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, "--fail-if", "p95  ratio > 0.4", "--fail-if", "p99 ratio > 1.2") == 1
    shown = capsys.readouterr()
    _, first, second, _ = shown.out.splitlines()
    assert first.startswith("✗ p95 ratio > 0.4: ministack / localstack 0.4")
    # p99 needs 1,000 answers: what cannot be checked does not pass.
    assert second == "✗ p99 ratio > 1.2: ministack / localstack —: not measured in both"
    assert shown.err == "loadtest: failed: p95 ratio > 0.4, p99 ratio > 1.2\n"
    report = json.loads((tmp_path / "comparison.json").read_text())
    assert [each["failed"] for each in report["thresholds"]] == [True, True]
    assert "Fails by --fail-if p95 ratio &gt; 0.4: ministack" in (tmp_path / "comparison.html").read_text()


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("p98 ratio > 1.2", "there is no figure 'p98'"),
        ("p99 ratio", "is not a condition"),
        ("p99 ratio > fast", "is not a condition"),
        ("p99 ratio > nan", "is not a condition"),
        ("lost ratio > 1", "lost has no ratio"),
        ("drain_added ratio > 1", "drain_added is a difference, and has no ratio"),
        ("p99 == 3", "is not a condition"),
    ],
)
def test_a_wrong_condition_is_refused_with_what_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], condition: str, message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        compare(tmp_path / "report", "--fail-if", condition)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert "A condition is FIGURE [ratio | ratio low | ratio high] SIGN NUMBER, such as 'p99 ratio > 1.2'." in error
    assert "FIGURE is one of mean, p50, p95, p99," in error
    assert not (tmp_path / "report").exists()


def test_conditions_are_read_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "conditions"
    file.write_text("# what a pull request must not do\n\np95 ratio > 1.2\n  lost > 0\n")
    assert compare(tmp_path, "--fail-if", f"@{file}", "--fail-if", "p50 ratio > 0.9") == 0
    assert capsys.readouterr().out.count("✓") == 3
    file.write_text("lost > 0\nlost >> 0\n")
    with pytest.raises(SystemExit):
        compare(tmp_path, "--fail-if", f"@{file}")
    assert f"{file}: line 2: 'lost >> 0' is not a condition." in capsys.readouterr().err
    with pytest.raises(SystemExit):
        compare(tmp_path, "--fail-if", f"@{tmp_path}/nowhere")
    assert f"{tmp_path}/nowhere: No such file or directory" in capsys.readouterr().err


def test_a_comment_for_a_pull_request_is_short_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    condition = ("--fail-if", "p95 ratio > 1.2")
    assert main(["compare", *RUN_DIRECTORIES, "--format", "markdown", *condition]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("### synthetic: 6 users for 40 s, simulated and not measured\n\nministack answers in 0.")
    assert "> ✓ Compared: localstack (3 runs), ministack (3 runs); 1 of 7 runs left out" in shown
    assert "- ✓ p95 ratio \\> 1.2: ministack / localstack 0.4" in shown
    assert "| Response time, p95, ms |" in shown
    assert len(shown) < 6000
    assert list(tmp_path.iterdir()) == []
