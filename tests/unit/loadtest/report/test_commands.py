from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.__main__ import main

from .synthetic import SAMPLES, sample_plans, write_run

if TYPE_CHECKING:
    from pathlib import Path

RUN_DIRECTORIES = [str(SAMPLES / "runs" / name) for name in sorted(sample_plans())]
FILES = ("comparison.html", "comparison.md", "comparison.json")


def write_report(output: Path, monkeypatch: pytest.MonkeyPatch, epoch: str = "1767700800") -> int:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    return main(["compare", *RUN_DIRECTORIES, "--output", str(output)])


def test_the_sample_report_is_reproducible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_report(tmp_path, monkeypatch) == 0
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == {
        name: (SAMPLES / "report" / name).read_bytes() for name in FILES
    }
    assert capsys.readouterr().out == (
        "Compared: localstack (3 runs), ministack (3 runs); 1 of 7 runs left out, 0 damaged. "
        "The drain time is shown by number of workers: 10, 20.\n"
        f"{tmp_path / 'comparison.html'}\n"
    )


@pytest.mark.parametrize("name", FILES)
def test_the_time_of_generation_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for output, epoch in (("then", "1767700800"), ("now", "1767787200")):
        assert write_report(tmp_path / output, monkeypatch, epoch) == 0
    then, now = ((tmp_path / output / name).read_text().splitlines() for output in ("then", "now"))
    assert sum(1 for one, other in zip(then, now, strict=True) if one != other) == 1


def test_the_sample_runs_are_reproducible(tmp_path: Path) -> None:
    for name, plan in sample_plans().items():
        write_run(tmp_path / name, plan)
        written, committed = (
            {path.name: path.read_bytes() for path in (parent / name).iterdir()}
            for parent in (tmp_path, SAMPLES / "runs")
        )
        assert written == committed


def test_an_invalid_time_of_generation_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_report(tmp_path, monkeypatch, "yesterday") == 2
    assert capsys.readouterr().err == (
        "loadtest: SOURCE_DATE_EPOCH is 'yesterday': a whole number of unix seconds is expected\n"
    )
