"""What is published of a comparison gives the same figures again."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.__main__ import main
from loadtest.errors import LoadTestError
from loadtest.report.publish import ARCHIVE, unpack, write_archive

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeRun

NAMES = ("localstack", "ministack")


@pytest.fixture
def runs(make_run: MakeRun) -> list[Path]:
    """Runs in turns, one of which lost an order; one environment was probed."""
    made = [make_run(name, number) for number in (1, 2, 3) for name in NAMES]
    purge = {
        "name": "sqs.purge",
        "behaviour": "It is refused.",
        "used_by": "",
        "outcome": "differs",
        "seen": "accepted",
    }
    (made[0] / "probes.json").write_text(json.dumps({"results": [purge]}))
    return [*made, make_run("ministack", 4, lose=1)]


@pytest.fixture
def published(runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767700800")
    assert main(["publish", *map(str, runs), "--output", str(tmp_path / "published")]) == 0
    return tmp_path / "published"


def figures(report: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(report.read_text())
    return document


def test_the_published_rows_give_the_published_comparison(published: Path, tmp_path: Path) -> None:
    unpack(published / ARCHIVE, tmp_path / "unpacked")
    unpacked = [tmp_path / "unpacked" / run["label"] for run in figures(published / "comparison.json")["runs"]]
    assert main(["compare", *map(str, unpacked), "--output", str(tmp_path / "again")]) == 0
    for name in ("comparison.json", "comparison.md"):
        assert (tmp_path / "again" / name).read_bytes() == (published / name).read_bytes()


def test_the_published_figures_are_those_of_the_runs(published: Path, runs: list[Path], tmp_path: Path) -> None:
    assert main(["compare", *map(str, runs), "--output", str(tmp_path / "original")]) == 0
    original, small = figures(tmp_path / "original/comparison.json"), figures(published / "comparison.json")
    assert [run["state"] for run in small["runs"]] == [run["state"] for run in original["runs"]]
    assert small["losses"] == original["losses"] != []
    assert small["environments"][0]["behaviours"] == original["environments"][0]["behaviours"] != []
    for family in ("response", "queue", "end_to_end"):
        for mine, theirs in zip(small["figures"][family], original["figures"][family], strict=True):
            for name in NAMES:
                centre = theirs["environments"][name]["centre"]
                assert mine["environments"][name]["centre"] == (centre and pytest.approx(centre, rel=1e-3, abs=1e-3))


def test_no_host_and_no_id_is_published(published: Path, runs: list[Path], tmp_path: Path) -> None:
    unpack(published / ARCHIVE, tmp_path / "unpacked")
    names = {path.name for path in (tmp_path / "unpacked").rglob("*") if path.is_file()}
    assert {"requests-1.csv", "generator-1.csv"} <= names
    assert not any("synthetic" in name for name in names)
    ids = {line.split(",")[3] for line in (runs[0] / "requests-synthetic-1.csv").read_text().splitlines()[1:]}
    text = (tmp_path / "unpacked/localstack/1/requests-1.csv").read_text()
    assert not any(each in text for each in ids)
    assert text.splitlines()[1].split(",")[3] == "1"


def test_the_same_runs_give_the_same_archive(published: Path, runs: list[Path], tmp_path: Path) -> None:
    write_archive(runs, tmp_path / "again.tar.xz")
    assert (tmp_path / "again.tar.xz").read_bytes() == (published / ARCHIVE).read_bytes()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("schema", 2, "has schema 2; only runs of schema 3 can be published"),
        ("host", {"account": "123456789012"}, "has the ID of an AWS account"),
    ],
)
def test_some_runs_are_refused(runs: list[Path], tmp_path: Path, field: str, value: object, reason: str) -> None:
    run = json.loads((runs[0] / "run.json").read_text())
    (runs[0] / "run.json").write_text(json.dumps(run | {field: value}))
    with pytest.raises(LoadTestError, match=reason):
        write_archive(runs, tmp_path / ARCHIVE)


def test_an_archive_of_anything_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"no archive")
    with pytest.raises(LoadTestError, match=ARCHIVE):
        unpack(tmp_path / ARCHIVE, tmp_path / "unpacked")
    with tarfile.open(tmp_path / ARCHIVE, "w:xz") as packed:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    with pytest.raises(LoadTestError, match="is no archive of runs"):
        unpack(tmp_path / ARCHIVE, tmp_path / "unpacked")
