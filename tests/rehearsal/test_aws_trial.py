"""A trial with the inventory aws, on each stand-in: it leaves a bundle, and nothing else."""

from __future__ import annotations

import gzip
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.report.measured_run import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.conftest import StandIn

pytestmark = pytest.mark.timeout(1800)  # it deploys, loads for two minutes until the queue is empty, and removes


def unpacked(output: Path) -> tuple[Path, dict[str, Any]]:
    """Unpack the bundle of the trial, and return its directory and its trial.json."""
    (bundle,) = output.glob("aws-trial-*.tar.gz")
    with tarfile.open(bundle) as archive:
        archive.extractall(output / "unpacked", filter="data")
    (directory,) = (output / "unpacked").iterdir()
    return directory, json.loads((directory / "trial.json").read_text())


def outcomes(trial: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in trial["steps"] + trial["teardown"]["attempts"]}


def test_a_trial_leaves_a_bundle_without_private_values(stand_in: StandIn, tmp_path: Path) -> None:
    done = stand_in.trial(tmp_path)

    assert done.output.splitlines()[-1].startswith(f"Nothing is left of {stand_in.project} in account ")
    assert stand_in.resources() == {}
    directory, trial = unpacked(tmp_path)
    steps = outcomes(trial)
    assert list(steps) == ["deploy", "baseline", "flash_sale", "teardown-1"]
    assert (steps["deploy"], steps["teardown-1"]) == ("succeeded", "succeeded")
    loaded = "load_test" not in stand_in.lacks["skip_tags"]
    runs = [read_run(path, path.name) for path in sorted((directory / "runs").glob("*"))]
    assert [run.scenario.name for run in runs] == (["baseline", "flash_sale"] if loaded else [])
    assert all(run.ledger for run in runs)
    (bundle,) = tmp_path.glob("aws-trial-*.tar.gz")
    content = gzip.decompress(bundle.read_bytes())
    # The account of MiniStack is twelve zeros, which numbers have, too.
    accounts = [f":{stand_in.account}:", f"/{stand_in.account}/", f'"{stand_in.account}"']
    private = [*accounts, *stand_in.credentials.values(), str(tmp_path)]
    assert [value for value in private if value.encode() in content] == []


def test_a_trial_that_is_interrupted_leaves_nothing_on_aws(stand_in: StandIn, tmp_path: Path) -> None:
    done = stand_in.trial(tmp_path, interrupt_at="load_balancer : Create the target group")

    assert done.status == 1
    assert done.output.splitlines()[-1].startswith(f"Nothing is left of {stand_in.project} in account ")
    assert stand_in.resources() == {}
    assert outcomes(unpacked(tmp_path)[1]) == {"deploy": "interrupted", "teardown-1": "succeeded"}
