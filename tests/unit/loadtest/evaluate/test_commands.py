from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.__main__ import main
from loadtest.record.rows import Completion, write_rows

if TYPE_CHECKING:
    import pytest

    from loadtest.record.run_directory import RunDirectory


def test_evaluate_prints_what_happened_and_table_prints_all(
    run_directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--run-directory", str(run_directory.path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["table", str(run_directory.path)]) == 0
    assert "✓ ledger closes" in capsys.readouterr().out


def test_a_failed_gate_is_exit_status_1_and_named(
    run_directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(run_directory.completions, Completion, [])
    assert main(["evaluate", "--run-directory", str(run_directory.path)]) == 1
    assert capsys.readouterr().err == (
        "loadtest: failed: clocks agree, no faster than the model, ledger closes, no order completed twice\n"
    )
