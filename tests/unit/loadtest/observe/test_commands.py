from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_region_is_exit_status_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    arguments = ["--run-directory", str(tmp_path), "--log-group", "/orders", "--since", "1700000000"]
    assert main(["completions", *arguments]) == 2
    assert capsys.readouterr().err == "loadtest: You must specify a region.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["completions", "--run-directory", "d", "--log-group", "g", "--since", "-1"],
        ["completions", "--run-directory", "d", "--log-group", "g", "--since", "nan"],
        ["completions", "--run-directory", "d", "--log-group", "g", "--since", "now"],
        ["memory", "--run-directory", "d", "--since", "1", "--service", "api"],
        ["memory", "--run-directory", "d", "--since", "1", "--service", "=g"],
        ["host", "--run-directory", "d", "--deadline-seconds", "9", "--emulator", "localstack"],
        ["host", "--run-directory", "d"],
        ["dead-letters", "--run-directory", "d"],
        ["monitor", "--run-directory", "d", "--queue-url", "u", "--dead-letter-queue-url", "v"],
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert leaving.value.code == 2
    assert f"usage: python -m loadtest {arguments[0]}" in capsys.readouterr().err
