"""What a load test shows and leaves at its end, whatever its gates say and even if no report can be written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import ROOT, outcomes_of, role_run

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = ROOT / "tests/unit/loadtest/report/samples/runs/localstack/1"


def end(run_directory: Path, failed: str = "") -> dict[str, Any]:
    """Return a block that runs the end of a load test whose evaluation failed these gates."""
    evaluation = {"rc": 1 if failed else 0, "stdout": f"figures of {run_directory.name}", "stderr": failed}
    run = role_run(
        "load_test",
        {},
        load_test_root=str(run_directory.parent),
        load_test_scenario="flash_sale" if run_directory.name == "last" else "baseline",
        load_test_results_directory=f"{run_directory.parent}/results/localstack",
        __load_test_run_directory=str(run_directory),
        __load_test_evaluation=evaluation,
    )
    run["block"][0]["include_role"] |= {"tasks_from": "report"}
    return run


@pytest.mark.timeout(120)
def test_a_load_test_ends_with_its_report_or_with_the_reason_why_there_is_none(tmp_path: Path) -> None:
    passed, failed, damaged, last = (tmp_path / name for name in ("passed", "failed", "damaged", "last"))
    for directory in (passed, failed, damaged, last):
        shutil.copytree(SAMPLE, directory)
    (damaged / "queue.csv").unlink()
    kept = {path.name for path in damaged.iterdir()}

    outcomes = outcomes_of(
        {
            "passed": end(passed),
            "failed": end(failed, "loadtest: failed: ledger closes"),
            "damaged": end(damaged),
            "last": end(last),
        },
        tmp_path,
    )

    assert outcomes["passed"] == outcomes["damaged"] == outcomes["last"] == "went on"
    assert outcomes["failed"] == "loadtest: failed: ledger closes"
    shown = outcomes["output"].splitlines()
    lasts = {
        "passed": [f"Page: {passed}/report.html", "Next: make load SCENARIO=flash_sale"],
        "failed": [f"Page: {failed}/report.html", "Next: .venv/bin/python -m loadtest table failed"],
        "damaged": [
            f"There is no page: loadtest: {damaged}/queue.csv: No such file or directory",
            "Next: make load SCENARIO=flash_sale",
        ],
        "last": [f"Page: {last}/report.html", 'Next: make compare RUNS="results/*/*-flash_sale"'],
    }
    for name, lines in lasts.items():
        start = shown.index(f"figures of {name}")
        assert shown[start : start + 4] == [f"figures of {name}", *lines, ""]
    assert [(directory / "report.html").exists() for directory in (passed, failed)] == [True, True]
    assert {path.name for path in damaged.iterdir()} == kept
