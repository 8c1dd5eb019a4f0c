from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from loadtest.evaluate.evaluation import evaluate
from loadtest.evaluate.table import WIDTH, render
from loadtest.record.run import Gate, Memory, Run

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory


@pytest.fixture
def run(run_directory: RunDirectory) -> Run:
    return evaluate(run_directory)


def test_figures_are_in_the_column_of_their_run(run: Run) -> None:
    figures = [line.rsplit(maxsplit=1) for line in render([run]).split("\n\n", maxsplit=1)[0].splitlines()]
    for figure in (
        ["Environment", "localstack"],
        ["Requests", "596"],
        ["  dead-lettered", "0"],
        ["Queue, peak depth", "43"],
        ["Deployment, s", "41.2"],
    ):
        assert figure in figures


def test_what_was_not_measured_is_a_dash_and_never_zero(run: Run) -> None:
    table = render([msgspec.structs.replace(run, deployment=None)])
    [deployment] = [line for line in table.splitlines() if line.startswith("Deployment")]
    assert deployment.split()[-1] == "—"


def test_the_memory_of_all_services_is_in_one_row(run: Run) -> None:
    memory = {"api": Memory(61.25, 61.5, 63), "processor": Memory(None, None, 70)}
    table = render([msgspec.structs.replace(run, memory=memory)])
    [row] = [line for line in table.splitlines() if line.startswith("Memory at the start, MiB")]
    assert row.endswith("  api 61.2, processor —")


def test_several_runs_are_aligned_columns(run: Run) -> None:
    other = msgspec.structs.replace(run, environment="aws", run_id="7")
    figures = render([run, other]).split("\n\n", maxsplit=1)[0].splitlines()
    assert len({len(line) for line in figures}) == 1
    assert figures[0].split() == ["Environment", "localstack", "aws"]
    assert figures[3].split() == ["Requests", "596", "596"]


def test_gates_are_marked_and_their_details_wrapped(run: Run) -> None:
    judged = msgspec.structs.replace(
        run,
        gates=[
            Gate("ledger closes", passed=True, detail="10 accepted"),
            Gate("Little's law", passed=False, detail="so many users " * 20),
        ],
    )
    lines = render([judged]).splitlines()
    start = lines.index("Gates of localstack / synthetic / 20231114-221320")
    assert lines[start + 1] == "✓ ledger closes  10 accepted"
    assert lines[start + 2].startswith("✗ Little's law   so many users")
    assert lines[start + 3].startswith("                 so many users")
    assert all(len(line) <= WIDTH for line in lines)
