"""The installation of the load test on a host where other users may have been first."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import ROOT, outcomes_of, role_run

if TYPE_CHECKING:
    from pathlib import Path

ROOT_USER = 0


def planted(directory: Path) -> Path:
    """Write a program where the role installs pip, which would leave a file beside the directory."""
    pip = directory / "venv/bin/pip"
    pip.parent.mkdir(parents=True)
    pip.write_text(f'#!/bin/sh\ntouch "{directory}.ran"\n')
    pip.chmod(0o755)
    return directory


def installation(directory: Path, runs: Path) -> dict[str, Any]:
    """Return a block that installs the load test into a directory of this computer."""
    run = role_run(
        "load_test",
        {},
        load_test_host_directory=str(directory),
        load_test_root=str(ROOT),
        load_test_python="",
        __load_test_here=False,
        __load_test_run_id="run",
        __load_test_run_directory=str(runs),
    )
    run["block"][0]["include_role"] |= {"tasks_from": "install"}
    return run


@pytest.mark.timeout(120)
def test_a_directory_that_others_can_write_to_is_refused_and_nothing_in_it_runs(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    own, public, link, foreign = (tmp_path / name for name in ("own", "public", "link", "foreign"))
    planted(own).chmod(0o755)
    planted(public).chmod(0o777)
    link.symlink_to(planted(tmp_path / "target"))
    planted(foreign)
    directories = {"own": own, "public": public, "link": link}
    if os.getuid() == ROOT_USER:
        os.chown(foreign, 12345, 12345)
        directories["foreign"] = foreign

    outcomes = outcomes_of({name: installation(path, runs) for name, path in directories.items()}, tmp_path)

    assert outcomes["own"] == "went on"
    assert (tmp_path / "own.ran").exists()
    assert own.stat().st_mode & 0o777 == 0o700
    for name in directories.keys() - {"own"}:
        assert f"load_test_host_directory: {directories[name]} is not a directory that belongs to" in outcomes[name]
    assert sorted(path.name for path in tmp_path.glob("*.ran")) == ["own.ran"]
