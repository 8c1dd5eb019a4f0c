"""What a result says about AWS beside its figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loadtest.errors import FileError
from loadtest.evaluate.table import NOT_MEASURED
from loadtest.record.run_directory import RunDirectory
from loadtest.report.behaviours import read_behaviours
from loadtest.report.document import Table
from loadtest.report.sections.behaviours import behaviour_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Compare, MakeRun

PURGE = {"name": "sqs.queues.purge", "behaviour": "A second purge is refused.", "used_by": "habits.yml"}
DELAY = {"name": "sqs.sending.delay", "behaviour": "A delay has a limit.", "used_by": ""}


def _probe(run: Path, *results: dict[str, str]) -> None:
    document = {
        "environment": run.parent.name,
        "versions": {},
        "results": [{"seconds": 1.0, **each} for each in results],
    }
    (run / "probes.json").write_text(json.dumps(document))


def test_behaviours_are_shown_by_environment_those_relied_on_first(make_run: MakeRun, compare_runs: Compare) -> None:
    emulator, aws = make_run("localstack", 1), make_run("aws", 1)
    _probe(
        emulator,
        {**PURGE, "outcome": "differs", "seen": "accepted by 123456789012"},
        {**DELAY, "outcome": "not offered", "seen": "unknown"},
    )
    _probe(aws, {**PURGE, "outcome": "as AWS", "seen": ""})

    blocks = behaviour_blocks(compare_runs(emulator, aws))

    used, other = (block for block in blocks if isinstance(block, Table))
    assert used.header == ["On AWS", "Relied on by", "localstack", "aws"]
    [[behaviour, used_by, local, on_aws]] = used.rows
    assert (behaviour, used_by, on_aws) == ("A second purge is refused.", "habits.yml", "as AWS")
    assert local.startswith("differs: accepted")
    assert [row[2:] for row in other.rows] == [["not offered: unknown", NOT_MEASURED]]


def test_without_probes_nothing_is_shown(make_run: MakeRun, compare_runs: Compare) -> None:
    assert behaviour_blocks(compare_runs(make_run("localstack", 1), make_run("aws", 1))) == []


def test_damaged_results_are_an_error(make_run: MakeRun) -> None:
    run = make_run("localstack", 1)
    _probe(run, {**PURGE, "outcome": "perhaps", "seen": ""})
    with pytest.raises(FileError, match="outcome"):
        read_behaviours(RunDirectory(run))
