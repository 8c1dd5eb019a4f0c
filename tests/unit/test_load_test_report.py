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
    run = role_run("load_test", {}, __load_test_run_directory=str(run_directory), __load_test_evaluation=evaluation)
    run["block"][0]["include_role"] |= {"tasks_from": "report"}
    return run


@pytest.mark.timeout(120)
def test_a_load_test_ends_with_its_report_or_with_the_reason_why_there_is_none(tmp_path: Path) -> None:
    passed, failed, damaged = (tmp_path / name for name in ("passed", "failed", "damaged"))
    for directory in (passed, failed, damaged):
        shutil.copytree(SAMPLE, directory)
    (damaged / "queue.csv").unlink()
    kept = {path.name for path in damaged.iterdir()}

    outcomes = outcomes_of(
        {"passed": end(passed), "failed": end(failed, "loadtest: failed: ledger closes"), "damaged": end(damaged)},
        tmp_path,
    )

    assert outcomes["passed"] == outcomes["damaged"] == "went on"
    assert outcomes["failed"] == "loadtest: failed: ledger closes"
    shown = outcomes["output"].splitlines()
    lasts = {
        "passed": f"The report is {passed}/report.html",
        "failed": f"The report is {failed}/report.html",
        "damaged": f"There is no report: loadtest: {damaged}/queue.csv: No such file or directory",
    }
    for name, last in lasts.items():
        start = shown.index(f"figures of {name}")
        assert shown[start : start + 4] == [
            f"figures of {name}",
            f"All measurements are in {tmp_path / name}",
            last,
            "",
        ]
    assert [(directory / "report.html").exists() for directory in (passed, failed)] == [True, True]
    assert {path.name for path in damaged.iterdir()} == kept
