"""The commits that an experiment compares: looked up before the first load, and exported one after the other."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import outcomes_of, role_run

if TYPE_CHECKING:
    from pathlib import Path


def git(repository: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(repository), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  # our own


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits of a file, and a change that is not committed."""
    path = tmp_path / "repository"
    path.mkdir()
    git(path, "init", "--quiet")
    for text in ("first", "second"):
        (path / "code").write_text(text)
        git(path, "add", "code")
        git(path, "commit", "--quiet", "--message", text)
    (path / "code").write_text("third")
    return path


def tasks(repository: Path, *files: str, **variables: object) -> dict[str, Any]:
    """Return a block that runs tasks files of the role."""
    run = role_run("experiment", {}, __experiment_root=str(repository), **variables)
    (include,) = (each for each in run["block"] if "include_role" in each)
    run["block"] = [
        *({"include_role": include["include_role"] | {"tasks_from": file}} for file in files),
        run["block"][-1],
    ]
    return run


def environments(*commits: str) -> list[dict[str, str]]:
    return [{"inventory": "nowhere", "commit": commit} for commit in commits]


@pytest.mark.timeout(120)
def test_commits_are_resolved_and_exported_without_what_is_not_committed(repository: Path, tmp_path: Path) -> None:
    compared = environments("HEAD~1", "HEAD")
    outcomes = outcomes_of(
        {
            "first": tasks(
                repository,
                "resolve_commits",
                "export_commit",
                experiment_environments=compared,
                __experiment_index=0,
                __experiment_sources=str(tmp_path / "first"),
            ),
            "second": tasks(
                repository,
                "resolve_commits",
                "export_commit",
                "export_commit",
                experiment_environments=compared,
                __experiment_index=1,
                __experiment_sources=str(tmp_path / "second"),
            ),
            "unknown": tasks(repository, "resolve_commits", experiment_environments=environments("HEAD", "v9")),
            "an option": tasks(repository, "resolve_commits", experiment_environments=environments("--all", "HEAD")),
            "same": tasks(
                repository,
                "resolve_commits",
                experiment_environments=environments("HEAD", git(repository, "rev-parse", "HEAD")),
            ),
            "none": tasks(repository, "resolve_commits", experiment_environments=[{"inventory": "nowhere"}]),
        },
        tmp_path,
    )
    assert outcomes["first"] == outcomes["second"] == outcomes["none"] == "went on", outcomes["output"]
    assert (tmp_path / "first/code").read_text() == "first"
    assert (tmp_path / "second/code").read_text() == "second"
    assert "commit: there is no v9 in this repository" in outcomes["unknown"]
    assert "commit: there is no --all in this repository" in outcomes["an option"]
    assert "are the same commit" in outcomes["same"]
