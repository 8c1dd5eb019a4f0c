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
