"""`make compare` with run directories whose names others chose: none of them runs anything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tests/unit/loadtest/report/samples/runs/localstack/1"

NAMES = [
    "x'$(touch PWNED)'",
    '"; touch PWNED; "',
    "$(touch PWNED)",
    "$(shell touch PWNED)",
    "`touch PWNED`",
    "{{ 1+1 }}",
    "{{ lookup('pipe', 'touch PWNED') }}",
    "a b",
    "-x",
    "--help",
    "a&touch PWNED",
    "a\ttouch\nPWNED",
    "\\x [y] *",
    "\x1b[31mred\u202e",
    "$HOME",
    "=",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with the commands of the project, but none of its results."""
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    return tmp_path


def make_compare(project: Path, runs: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(  # noqa: S603  # our own command
        ["make", "--old-file=.venv/.installed-deploy", "compare", f"RUNS={runs}"],  # noqa: S607  # whichever make there is
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def labels(project: Path) -> list[str]:
    """Return the labels of the runs in the report, all of which were read: they are copies of one run."""
    report = json.loads((project / "results/comparison/comparison.json").read_text())
    assert {run["state"] for run in report["runs"][1:]} <= {"damaged"}
    assert all("holds the same run as" in run["reason"] for run in report["runs"][1:])
    return [run["label"].removeprefix("inbox/") for run in report["runs"]]


def test_a_glob_finds_names_that_run_nothing(project: Path) -> None:
    for name in NAMES:
        shutil.copytree(RUN, project / "inbox" / name)
    made = make_compare(project, "inbox/*")
    assert made.returncode == 0, made.stderr
    assert not (project / "PWNED").exists()
    shown = {"a\ttouch\nPWNED": "a touch PWNED", "\x1b[31mred\u202e": "\\x1b[31mred\\u202e"}
    assert sorted(labels(project)) == sorted(shown.get(name, name) for name in NAMES)
    assert "\x1b" not in made.stdout + made.stderr


@pytest.mark.parametrize("name", [name for name in NAMES if len(name.split()) == 1])
def test_a_name_that_is_given_runs_nothing(project: Path, name: str) -> None:
    shutil.copytree(RUN, project / name)
    made = make_compare(project, name)
    assert made.returncode == 0, made.stderr
    assert not (project / "PWNED").exists()
    assert len(labels(project)) == 1


@pytest.mark.parametrize("between", [" ", "\n", "\t", " \n\t"])
def test_white_space_separates_the_runs(project: Path, between: str) -> None:
    for name in ("one", "two"):
        shutil.copytree(RUN, project / "inbox" / name)
    made = make_compare(project, between.join(["inbox/one", "inbox/two"]))
    assert made.returncode == 0, made.stderr
    assert labels(project) == ["one", "two"]


def test_the_text_of_a_command_runs_nothing(project: Path) -> None:
    made = make_compare(project, "$(shell touch PWNED) $(touch PWNED) `touch PWNED` ; touch PWNED")
    assert made.returncode != 0  # none of them is a run
    assert not (project / "PWNED").exists()


def test_no_runs_is_an_error(project: Path) -> None:
    made = make_compare(project, "")
    assert made.returncode != 0
    assert "RUNS is empty" in made.stderr


@pytest.mark.parametrize("variable", ["INVENTORY", "SCENARIO", "EXPERIMENT", "REPEATS"])
@pytest.mark.parametrize("command", ["deploy", "load", "experiment", "status"])
def test_no_variable_is_text_for_the_shell(project: Path, command: str, variable: str) -> None:
    value = "'$(touch PWNED)'$(shell touch PWNED)"
    for name in ("inventories", "loadtest"):
        (project / name).symlink_to(ROOT / name)
    shown = subprocess.run(  # noqa: S603  # our own command
        ["make", "--old-file=.venv/.installed-deploy", "--dry-run", command, f"{variable}={value}"],  # noqa: S607  # whichever make there is
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0 or f"{variable}: there is no" in shown.stderr
    assert "PWNED" not in shown.stdout
    assert not (project / "PWNED").exists()
