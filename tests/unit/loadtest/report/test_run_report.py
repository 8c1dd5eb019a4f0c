"""The report of a single run."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.__main__ import main
from loadtest.evaluate.evaluation import evaluate
from loadtest.record.run_directory import RunDirectory

from .synthetic import SAMPLES, SCENARIO

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeRun

HEADINGS = [
    *("Answer", "What carries over", "Figures", "Tail", "Over time", "Backlog", "Ledger", "Cost", "Deployment"),
    "Appendix",
]


NO_AWS = (
    "No run here is on AWS. What carries over to AWS, and what does not, is in the next section: times and rates of an "
    "emulator are those of a program on one computer."
)


def write_report(run: Path) -> str:
    assert main(["report", "--run-directory", str(run)]) == 0
    return (run / "report.html").read_text()


def notices(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<p class="notice (\w+)">(.*)</p>', page)


def empty(rows: Path) -> None:
    """Remove all rows of a CSV file, but not its header."""
    rows.write_text(rows.read_text().splitlines()[0] + "\n")


def test_the_same_run_gives_the_same_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [shutil.copytree(SAMPLES / "runs/localstack/1", tmp_path / name) for name in ("here", "elsewhere")]
    here, elsewhere = map(write_report, runs)
    assert here == elsewhere
    assert capsys.readouterr().out == "".join(f"{run}/report.html\n" for run in runs)


def test_a_report_has_no_section_or_sentence_on_several_runs(tmp_path: Path) -> None:
    page = write_report(shutil.copytree(SAMPLES / "runs/localstack/1", tmp_path / "run"))
    assert re.findall("<h2[^>]*>(.*)</h2>", page) == HEADINGS
    assert notices(page) == [
        ("good", "The figures are valid: all gates passed. No order was lost, dead-lettered or completed twice."),
        ("caution", NO_AWS),
    ]
    assert not re.findall(r"the runs|all runs|several runs|1 run|typical|confidence interval", page)
    assert "<title>Load test of localstack: synthetic</title>" in page
    assert '<p class="subtitle">Run synthetic-1. Closed model, think time 0.6 to 1 s, ' in page
    assert "workers: 10, payment_seconds: 3.0" in page


def test_a_run_that_failed_a_gate_has_all_figures(make_run: MakeRun) -> None:
    page = write_report(make_run("localstack", 1, lose=3))
    (level, verdict), _ = notices(page)
    assert level == "bad"
    assert verdict.startswith("The figures are not valid: failed gates: no faster than the model, ledger closes. ")
    assert re.search(r"Orders went wrong: this run: 3 lost of \d+ orders\.", verdict)
    assert re.findall("<h2[^>]*>(.*)</h2>", page) == HEADINGS
    assert re.search(r">3 of \d+ accepted orders", page)


@pytest.mark.parametrize(
    "changes",
    [
        {"refuse": True},
        {"cost": None, "spans": False, "changed_tasks": None, "experiment": None},
        {"scenario": SCENARIO | {"path": "/orders/sync"}},
        {"scenario": SCENARIO | {"duration_seconds": 10}},
    ],
    ids=["all refused", "nothing optional", "synchronous", "short"],
)
def test_every_kind_of_run_has_a_report(make_run: MakeRun, changes: dict[str, Any]) -> None:
    write_report(make_run("localstack", 1, **changes))


@pytest.mark.parametrize("rows", [["queue.csv"], ["requests-synthetic-1.csv", "completions.csv"]])
def test_a_run_without_rows_has_a_report(make_run: MakeRun, rows: list[str]) -> None:
    run = make_run("localstack", 1)
    for name in rows:
        empty(run / name)
    evaluate(RunDirectory(run))
    assert notices(write_report(run))[0][0] == "bad"


def test_a_run_on_an_unknown_deployment_has_a_report(make_run: MakeRun) -> None:
    run = make_run("localstack", 1)
    context = json.loads((run / "context.json").read_text())
    (run / "context.json").write_text(json.dumps(context | {"deployment": None, "settings": {}}))
    evaluate(RunDirectory(run))
    assert "The start of each role was not recorded" in write_report(run)


def test_a_damaged_run_is_one_line_and_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = shutil.copytree(SAMPLES / "runs/localstack/1", tmp_path / "run")
    (run / "queue.csv").unlink()
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert main(["report", "--run-directory", str(run)]) == 2
    assert capsys.readouterr() == ("", f"loadtest: {run}/queue.csv: No such file or directory\n")
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
