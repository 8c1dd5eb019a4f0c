from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from loadtest.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [
    *("generate", "generate-and-upload", "run-on-ecs", "monitor", "completions", "memory"),
    *("evaluate", "table", "compare"),
]


def test_an_error_is_exit_status_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--run-directory", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"loadtest: {tmp_path}/scenario.yml: No such file or directory\n"


def test_an_error_shows_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--run-directory", f"{tmp_path}/a\x1b[2J\nloadtest: all passed\u202e"]) == 2
    assert capsys.readouterr().err == (
        f"loadtest: {tmp_path}/a\\x1b[2J loadtest: all passed\\u202e/scenario.yml: No such file or directory\n"
    )


@pytest.mark.parametrize("arguments", [[], ["generate"], ["no-such-command"]])
def test_wrong_usage_is_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert "usage: python -m loadtest" in capsys.readouterr().err


def test_the_help_lists_the_commands_in_the_order_of_the_data_flow(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.findall(r"^ {4}([\w-]+)", capsys.readouterr().out, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main([command, "--help"])
    assert leaving.value.code == 0
    assert f"usage: python -m loadtest {command}" in capsys.readouterr().out
