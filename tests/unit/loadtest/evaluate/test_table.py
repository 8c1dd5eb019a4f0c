from __future__ import annotations

import re
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


def figures(runs: list[Run]) -> list[str]:
    return render(runs).split("\n\n", maxsplit=1)[0].splitlines()


def test_one_run_is_a_line_per_subject(run: Run) -> None:
    lines = figures([run])
    assert lines[0].split() == ["Environment", "localstack"]
    [orders] = [line for line in lines if line.startswith("Orders accepted")]
    assert re.fullmatch(r"Orders accepted +596 · completed 596 · more than once 0 · dead-lettered 0 · lost 0", orders)
    assert len(lines) <= 10


def test_figures_are_in_the_column_of_their_run(run: Run) -> None:
    rows = [line.rsplit(maxsplit=2) for line in figures([run, run])]
    for label, figure in (
        ("Environment", "localstack"),
        ("Requests", "596"),
        ("  dead-lettered", "0"),
        ("Queue, peak depth", "43"),
        ("Deployment, s", "41.2"),
    ):
        assert [label, figure, figure] in rows


def test_what_was_not_measured_is_a_dash_and_never_zero(run: Run) -> None:
    table = render([msgspec.structs.replace(run, deployment=None)])
    [deployment] = [line for line in table.splitlines() if line.startswith("Deployment")]
    assert deployment.split()[-1] == "—"


def test_the_memory_of_all_services_is_in_one_row(run: Run) -> None:
    memory = {"api": Memory(61.25, 61.5, 63), "processor": Memory(None, None, 70)}
    table = render([msgspec.structs.replace(run, memory=memory)])
    [row] = [line for line in table.splitlines() if line.startswith("Memory at the start, MiB")]
    assert "  api 61.2, processor — · at the end api 61.5, processor —" in row


def test_several_runs_are_aligned_columns(run: Run) -> None:
    other = msgspec.structs.replace(run, environment="aws", run_id="7")
    rows = figures([run, other])
    assert len({len(row) for row in rows}) == 1
    assert rows[0].split() == ["Environment", "localstack", "aws"]
    assert rows[3].split() == ["Requests", "596", "596"]


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
