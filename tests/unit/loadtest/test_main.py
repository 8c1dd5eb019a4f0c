from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.__main__ import main
from loadtest.record.rows import Completion, write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.record.run_directory import RunDirectory


def test_summarise_prints_the_table_that_table_prints_again(
    run_directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summarise", "--run-directory", str(run_directory.path)]) == 0
    summary = capsys.readouterr().out
    assert main(["table", str(run_directory.path)]) == 0
    assert capsys.readouterr().out == summary
    assert "✓ ledger closes" in summary


def test_a_failed_gate_is_exit_status_1_and_named(
    run_directory: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(run_directory.completions, Completion, [])
    assert main(["summarise", "--run-directory", str(run_directory.path)]) == 1
    assert capsys.readouterr().err == "loadtest: failed: ledger closes, no order completed twice\n"


def test_unusable_input_is_exit_status_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summarise", "--run-directory", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"loadtest: {tmp_path}/scenario.yml: No such file or directory\n"


def test_a_missing_region_is_exit_status_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    arguments = ["--run-directory", str(tmp_path), "--log-group", "/orders", "--since", "1700000000"]
    assert main(["ledger", *arguments]) == 2
    assert capsys.readouterr().err == "loadtest: You must specify a region.\n"


@pytest.mark.parametrize(
    "role",
    [
        ["--master"],
        ["--worker"],
        ["--expect-workers", "2"],
        ["--worker", "--master-host", "a", "--expect-workers", "2"],
    ],
)
def test_roles_take_exactly_their_options(tmp_path: Path, capsys: pytest.CaptureFixture[str], role: list[str]) -> None:
    command = ["generate", "--scenario", "smoke", "--host", "http://localhost", "--run-directory", str(tmp_path)]
    assert main([*command, *role]) == 2
    assert "--master goes with --expect-workers" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["generate"],
        ["ledger", "--run-directory", "d", "--log-group", "g", "--since", "-1"],
        ["ledger", "--run-directory", "d", "--log-group", "g", "--since", "nan"],
        ["ledger", "--run-directory", "d", "--log-group", "g", "--since", "now"],
        ["memory", "--run-directory", "d", "--since", "1", "--service", "api"],
        ["memory", "--run-directory", "d", "--since", "1", "--service", "=g"],
        ["monitor", "--run-directory", "d", "--queue-url", "u", "--dead-letter-queue-url", "v"],
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert "usage: python -m loadtest" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["generate", "monitor", "ledger", "memory", "summarise", "table"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main([command, "--help"])
    assert leaving.value.code == 0
    assert f"usage: python -m loadtest {command}" in capsys.readouterr().out
