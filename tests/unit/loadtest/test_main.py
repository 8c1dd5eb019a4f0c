from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from loadtest.__main__ import main
from tests.unit.loadtest.report.synthetic import SAMPLES

COMMANDS = [
    *("generate", "generate-and-upload", "run-on-ecs", "monitor", "host", "completions"),
    *("dead-letters", "memory"),
    *("evaluate", "table", "report", "compare", "publish", "trial"),
]


def test_an_error_is_exit_status_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--run-directory", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"loadtest: {tmp_path}/scenario.yml: No such file or directory\n"


def test_an_error_shows_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--run-directory", f"{tmp_path}/a\x1b[2J\nloadtest: all passed\u202e"]) == 2
    assert capsys.readouterr().err == (
        f"loadtest: {tmp_path}/a\\x1b[2J loadtest: all passed\\u202e/scenario.yml: No such file or directory\n"
    )


def one_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that has to end with status 2, and return its only line on standard error."""
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    return line


MONITOR = ["monitor", "--queue-url", "u", "--dead-letter-queue-url", "d", "--deadline-seconds", "1"]


@pytest.fixture
def some_file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("")
    return path


def test_a_missing_run_directory_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    gone = tmp_path / "gone"
    assert one_error([*MONITOR, "--run-directory", str(gone)], capsys) == (
        f"loadtest: {gone}/queue.csv: No such file or directory"
    )


def test_an_endpoint_that_is_no_url_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
    assert one_error([*MONITOR, "--run-directory", str(tmp_path)], capsys) == "loadtest: Invalid endpoint: localhost"


@pytest.mark.parametrize("below", ["", "/report"])
def test_an_output_that_is_no_directory_is_one_line(
    some_file: Path, below: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = one_error(["compare", str(SAMPLES / "runs/localstack/1"), "--output", f"{some_file}{below}"], capsys)
    assert error.startswith(f"loadtest: {some_file}{below}: ")


@pytest.mark.parametrize("below", ["", "/run"])
def test_generate_into_a_file_is_one_line(some_file: Path, below: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "--scenario", "smoke", "--host", "http://localhost"]
    error = one_error([*command, "--run-directory", f"{some_file}{below}"], capsys)
    assert error.startswith(f"loadtest: {some_file}{below}: ")


def test_a_failure_of_the_network_and_text_that_is_not_utf_8_are_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, shown in (
        (TimeoutError("timed out"), "timed out"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(28, "No space left on device", b"a\xff"), "a\\udcff: No space left on device"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
    ):
        monkeypatch.setattr("loadtest.evaluate.commands.evaluate", Mock(side_effect=error))
        assert one_error(["evaluate", "--run-directory", "d"], capsys) == f"loadtest: {shown}"


@pytest.mark.parametrize(("output", "reason"), [("/dev/full", "No space left on device"), ("pipe", "Broken pipe")])
def test_an_output_that_takes_nothing_is_one_line(output: str, reason: str) -> None:
    command = [sys.executable, "-m", "loadtest", "table", str(SAMPLES / "runs/localstack/1")]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed, Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603  # our own command
            command, stdout=full if output == "/dev/full" else closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, f"loadtest: {reason}\n")


def test_an_output_that_cannot_encode_is_one_line() -> None:
    command = [sys.executable, "-m", "loadtest", "table", str(SAMPLES / "runs/localstack/1")]
    done = subprocess.run(  # noqa: S603  # our own command
        command, env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "'ascii' codec can't encode" in done.stderr


def test_upload_needs_its_url(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOADTEST_RESULTS_URL", raising=False)
    monkeypatch.setattr("loadtest.generate.commands.exit_on_signals", lambda: None)
    command = ["generate-and-upload", "--run-directory", "d", "--scenario", "smoke", "--host", "http://localhost"]
    assert "LOADTEST_RESULTS_URL is not set" in one_error(command, capsys)


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
