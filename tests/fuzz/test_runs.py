"""Run directories from elsewhere: each command takes them, or ends with one line that says what is wrong."""

import csv
import functools
import io
import json
import os
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from itertools import filterfalse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

import loadtest.__main__
from loadtest.__main__ import main
from tests.fuzz.hostile import Raw, damaged, mutated, write
from tests.fuzz.observation import time_limit
from tests.unit.loadtest.report.synthetic import SCENARIO, Plan, resources, write_run

# Few rows, so that a case takes little time. They pass every gate.
SHORT = {"users": 2, "spawn_rate_per_second": 4, "duration_seconds": 4, "wait_seconds": {"min": 0.9, "max": 0.9}}

NO_FILE = ["missing", "directory", "link", "pipe", "device", "large"]
"""What can be in the place of a file."""

type Change = bytes | str
"""The content of a file, or what is in its place."""


def run_files(environment: str) -> dict[str, bytes]:
    """Return the files of an evaluated run."""
    found = resources("orders", 4566, api_tasks=1, alarms=True)
    plan = Plan(environment, 1, 20.0, payment_seconds=0.5, scenario=SCENARIO | SHORT, resources=found)
    with TemporaryDirectory() as directory:
        run = Path(directory) / "run"
        write_run(run, plan)
        return {path.name: path.read_bytes() for path in sorted(run.iterdir())}


def parse_cell(text: str) -> float | str:
    """Return a number as a number, so that it is mutated as one."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def parse(name: str, content: bytes) -> Any:  # noqa: ANN401  # any document
    """Return a file as a document; of a CSV file, the rows with their cells."""
    match Path(name).suffix:
        case ".csv":
            return [list(map(parse_cell, row)) for row in csv.reader(content.decode().splitlines())]
        case ".yml":
            return yaml.safe_load(content)
        case _:
            return json.loads(content)


def write_csv(rows: object) -> bytes:
    """Write rows of cells, which may be anything."""
    lines = rows if isinstance(rows, list) else [rows]
    cells = [line if isinstance(line, list) else [line] for line in lines]
    text = [",".join(each.text if isinstance(each, Raw) else str(each) for each in line) for line in cells]
    return "".join(f"{line}\n" for line in text).encode(errors="surrogatepass")


FILES, OTHER_FILES = run_files("localstack"), run_files("ministack")
DOCUMENTS = {name: parse(name, content) for name, content in FILES.items()}


@st.composite
def changes(draw: DrawFn, name: str) -> Change:
    """Return what becomes of a file."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(NO_FILE))
    if draw(st.integers(0, 4)) == 0:
        return draw(damaged(FILES[name]))
    document = draw(mutated(DOCUMENTS[name]))
    return write_csv(document) if name.endswith(".csv") else write(document)  # JSON is YAML


@st.composite
def changed_files(draw: DrawFn) -> dict[str, Change]:
    """Return what becomes of one or two files."""
    names = draw(st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=2, unique=True))
    return {name: draw(changes(name)) for name in names}


def place(path: Path, change: Change) -> None:
    """Put a change in the place of a file."""
    match change:
        case bytes():
            path.write_bytes(change)
        case "directory":
            path.mkdir()
        case "link":
            path.symlink_to(path.with_name("run.json"))
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "large":
            with path.open("wb") as file:
                file.truncate(2 * 1024**3)


def clear(directory: Path) -> None:
    """Remove all files of a run directory, and what is in their place."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def run_command(*arguments: str) -> int:
    """Run a command, check what it prints, and return its status."""
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors:
        status = main(arguments)
    assert status in {0, 1, 2}
    lines = errors.getvalue().splitlines()
    assert len(lines) == (0 if status == 0 else 1)
    assert all(line.startswith("loadtest: ") for line in lines)
    assert set(filterfalse(str.isprintable, output.getvalue() + errors.getvalue())) <= {"\n"}
    return status


def no_json(constant: str) -> None:
    pytest.fail(f"{constant} in JSON")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory for two runs, and their report. Creating the parser would take most of the time of a case."""
    directory = tmp_path_factory.mktemp("runs")
    for name in ("changed", "other"):
        (directory / name).mkdir()
    for name, content in OTHER_FILES.items():
        (directory / "other" / name).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("loadtest.__main__._parser", functools.cache(loadtest.__main__._parser))  # noqa: SLF001
        yield directory


@pytest.mark.timeout(0)
@given(changed_files(), st.sampled_from(["evaluate", "table", "compare", "evaluate and compare"]))
def test_each_command_ends_with_success_or_one_line(directory: Path, changed: dict[str, Change], what: str) -> None:
    run, output = directory / "changed", directory / "report"
    clear(run)
    for name, content in (FILES | changed).items():
        place(run / name, content)
    with time_limit():
        if what == "table":
            assert run_command("table", str(run)) != 1
        if what.startswith("evaluate"):
            run_command("evaluate", "--run-directory", str(run))
        if what.endswith("compare"):
            assert run_command("compare", str(run), str(directory / "other"), "--output", str(output)) == 0
    if what.endswith("compare"):
        json.loads((output / "comparison.json").read_text(), parse_constant=no_json)
        for name in ("comparison.html", "comparison.md"):
            assert set(filterfalse(str.isprintable, (output / name).read_text())) == {"\n"}
