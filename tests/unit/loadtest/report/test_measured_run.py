"""Damaged runs are reported with the reason, and the rest is compared."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from loadtest.errors import LoadTestError
from loadtest.report.measured_run import read_run

from .synthetic import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Compare, MakeRun


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(run_directory: Path) -> None:
        text = (run_directory / name).read_text()
        assert old in text
        (run_directory / name).write_text(text.replace(old, new, 1))

    return damage


def cut(name: str, *, at_line: bool) -> Callable[[Path], None]:
    def damage(run_directory: Path) -> None:
        text = (run_directory / name).read_text()
        end = text.rindex("\n", 0, len(text) // 2) + 1
        (run_directory / name).write_text(text[: end if at_line else end - 3])

    return damage


def set_back(run_directory: Path, name: str = "queue.csv") -> None:
    lines = (run_directory / name).read_text().splitlines(keepends=True)
    lines[5], lines[6] = lines[6], lines[5]
    (run_directory / name).write_text("".join(lines))


def lose_a_number(run_directory: Path) -> None:
    lines = (run_directory / "memory.csv").read_text().splitlines(keepends=True)
    lines[1] = f"{lines[1].rpartition(',')[0]},nan\n"
    (run_directory / "memory.csv").write_text("".join(lines))


def complete_too_early(run_directory: Path) -> None:
    lines = (run_directory / "completions.csv").read_text().splitlines(keepends=True)
    order_id, created, completed, received = lines[1].split(",")
    lines[1] = f"{order_id},{completed},{created},{received}"
    (run_directory / "completions.csv").write_text("".join(lines))


def change_figure(run_directory: Path) -> None:
    run = json.loads((run_directory / "run.json").read_text())
    run["requests"]["ms"]["p50"] = 1.5
    (run_directory / "run.json").write_text(json.dumps(run))


DAMAGES = [
    (shutil.rmtree, r"run\.json: No such file"),
    (lambda run_directory: (run_directory / "run.json").unlink(), r"run\.json: No such file"),
    (lambda run_directory: (run_directory / "scenario.yml").unlink(), r"scenario\.yml: No such file"),
    (lambda run_directory: (run_directory / "queue.csv").unlink(), r"queue\.csv: No such file"),
    (lambda run_directory: (run_directory / "completions.csv").unlink(), r"completions\.csv: No such file"),
    (lambda run_directory: (run_directory / "requests-synthetic-1.csv").unlink(), r"needs a requests-\*\.csv"),
    (lambda run_directory: (run_directory / "run.json").write_text('{"schema": 1'), r"run\.json: .*truncated"),
    (cut("requests-synthetic-1.csv", at_line=False), r"requests-synthetic-1\.csv: ends in the middle of a line"),
    (cut("requests-synthetic-1.csv", at_line=True), r"run\.json: requests\.count is \d+, but the rows give \d+"),
    (cut("completions.csv", at_line=True), r"run\.json: orders\.completed is \d+, but the rows give \d+"),
    (replace("queue.csv", ",0,0,0,0", ",nan,0,0,0"), r"queue\.csv: line 2: visible is 'nan'"),
    (cut("memory.csv", at_line=False), r"memory\.csv: ends in the middle of a line"),
    (cut("memory.csv", at_line=True), r"run\.json: memory\.\w+\.\w+_mib is [\d.]+, but the rows give "),
    (
        lambda run_directory: (run_directory / "memory.csv").unlink(),
        r"run\.json: memory\.\w+\.\w+_mib is [\d.]+, .* give None",
    ),
    (lambda run_directory: set_back(run_directory, "memory.csv"), r"memory\.csv: line 7: the clock ran backwards"),
    (lose_a_number, r"memory\.csv: line 2: memory_mib is 'nan'"),
    (replace("requests-synthetic-1.csv", ",202,", ",NaN,"), r"requests-synthetic-1\.csv: line 2: status is 'NaN'"),
    (replace("run.json", '"schema": 3', '"schema": 4'), r"run\.json: schema is 4: Invalid enum value 4"),
    (
        lambda run_directory: (run_directory / "host.csv").unlink(),
        r"run\.json: host_cpu_percent is 30\.\d+, .* give None",
    ),
    (replace("run.json", '"workers": 10', '"workers": 0'), r"run\.json: settings: workers is 0"),
    (
        replace("run.json", '"hours_per_month": 730', '"hours_per_month": 0'),
        r"run\.json: cost\.estimate\.hours_per_month is 0",
    ),
    (replace("run.json", '"commit": "', '"images": 7, "commit": "'), r"run\.json: versions: images is 7: Expected"),
    (change_figure, r"run\.json: requests\.ms\.p50 is 1\.5, but the rows give "),
    (set_back, r"queue\.csv: line 7: the clock ran backwards, from [\d.]+ to [\d.]+"),
    (complete_too_early, r"completions\.csv: line 2: completed at [\d.]+, before its creation at [\d.]+"),
]


@pytest.mark.parametrize(("damage", "reason"), DAMAGES)
def test_a_damaged_run_is_an_error_with_file_and_reason(
    make_run: MakeRun, damage: Callable[[Path], object], reason: str
) -> None:
    run_directory = make_run("localstack", 1)
    damage(run_directory)
    with pytest.raises(LoadTestError, match=reason):
        read_run(run_directory, "localstack/1")


def test_the_rest_is_compared_and_the_damaged_one_named(make_run: MakeRun, compare_runs: Compare) -> None:
    run_directories = [make_run(name, number) for name in ("localstack", "ministack") for number in (1, 2, 3)]
    set_back(run_directories[0])
    report = compare_runs(*run_directories)
    assert [run.state for run in report.runs] == ["damaged", *["compared"] * 5]
    assert report.runs[0].label == "localstack/1"
    assert report.runs[0].reason is not None
    assert report.runs[0].reason.startswith("localstack/1/queue.csv: line 7: the clock ran backwards")
    assert [len(environment.runs) for environment in report.environments] == [2, 3]


def test_a_run_without_an_order_is_left_out_by_its_gates(make_run: MakeRun, compare_runs: Compare) -> None:
    refused = make_run("localstack", 1, refuse=True)
    report = compare_runs(refused, make_run("localstack", 2), make_run("ministack", 1))
    assert report.runs[0].state == "left out"
    assert report.runs[0].reason is not None
    assert report.runs[0].reason.startswith("failed gates: requests succeed, clocks agree, no faster than the model, ")


def test_a_run_that_is_given_twice_counts_once(make_run: MakeRun, compare_runs: Compare, tmp_path: Path) -> None:
    run_directory = make_run("localstack", 1)
    shutil.copytree(run_directory, tmp_path / "copy")
    report = compare_runs(run_directory, tmp_path / "copy", make_run("ministack", 1))
    assert report.runs[1].state == "damaged"
    assert report.runs[1].reason is not None
    assert report.runs[1].reason.endswith("holds the same run as localstack/1")


def test_a_report_on_damaged_runs_only(make_run: MakeRun, compare_runs: Compare) -> None:
    run_directory = make_run("localstack", 1)
    (run_directory / "run.json").unlink()
    report = compare_runs(run_directory)
    assert report.verdict == "Nothing can be compared: 0 of 1 runs left out, 1 damaged."
    assert report.figures is None


def test_a_stored_run_of_schema_2_is_read_with_what_it_recorded() -> None:
    found = read_run(SAMPLES / "schema-2", "old")
    stored = json.loads((SAMPLES / "schema-2/run.json").read_text())
    assert found.run.schema == stored["schema"] == 2
    assert found.run.orders.accepted == stored["orders"]["accepted"]
    assert (found.run.orders.dead_lettered, found.run.orders.lost) == (0, 0)
    # By the new definition: from the ledger, not from samples that are a second apart.
    assert found.run.queue.drain_seconds == pytest.approx(stored["queue"]["drain_seconds"], abs=1.5)
    assert (found.run.requests.late_max_ms, found.run.host_cpu_percent, found.run.emulators) == (None, None, None)


def test_a_figure_of_schema_2_that_does_not_follow_from_the_rows_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "old"
    shutil.copytree(SAMPLES / "schema-2", path)
    replace("run.json", '"duplicated": 0', '"duplicated": 1')(path)
    with pytest.raises(LoadTestError, match=r"orders\.duplicated is 1, but the rows give 0"):
        read_run(path, "old")


def test_runs_of_different_schemas_are_not_compared(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 7), make_run("ministack", 7), SAMPLES / "schema-2")
    assert report.runs[2].reason is not None
    assert report.runs[2].reason.startswith("not comparable with localstack/7: schema is 2, not 3")


def test_runs_of_an_earlier_schema_are_compared_among_themselves_with_a_caution(compare_runs: Compare) -> None:
    report = compare_runs(SAMPLES / "schema-2")
    assert report.runs[0].state == "compared"
    assert any("earlier version of the load test" in caution for caution in report.cautions)
