"""What several tests share: synthetic runs, each in a run directory of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from loadtest.report.build import compare

from .synthetic import Plan, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.report.report import Report


class MakeRun(Protocol):
    def __call__(self, environment: str, number: int, response_ms: float = 20.0, **changes: Any) -> Path: ...  # noqa: ANN401  # fields of a plan


class Compare(Protocol):
    def __call__(self, *run_directories: Path, with_reference: bool = False) -> Report: ...


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Make the run directory of a run up."""

    def make(environment: str, number: int, response_ms: float = 20.0, **changes: Any) -> Path:  # noqa: ANN401  # as above
        run_directory = tmp_path / environment / str(number)
        write_run(run_directory, Plan(environment, number, response_ms)._replace(**changes))
        return run_directory

    return make


@pytest.fixture
def compare_runs() -> Compare:
    """Compare at a time that is always the same."""

    def run(*run_directories: Path, with_reference: bool = False) -> Report:
        return compare(run_directories, generated_at=datetime(2026, 1, 6, tzinfo=UTC), with_reference=with_reference)

    return run
