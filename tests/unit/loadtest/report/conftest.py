"""Shared fixtures: synthetic runs, each in its own run directory, and their report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from loadtest.report.build import build_report

from .synthetic import Plan, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.report.report import Report


class MakeRun(Protocol):
    def __call__(self, environment: str, number: int, response_ms: float = 20.0, **changes: Any) -> Path: ...  # noqa: ANN401  # fields of a plan


class Compare(Protocol):
    def __call__(self, *paths: Path, with_reference: bool = False, margin: float = 0.05) -> Report: ...


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write a synthetic run directory."""

    def make(environment: str, number: int, response_ms: float = 20.0, **changes: Any) -> Path:  # noqa: ANN401  # fields of a plan
        run_directory = tmp_path / environment / str(number)
        write_run(run_directory, Plan(environment, number, response_ms)._replace(**changes))
        return run_directory

    return make


@pytest.fixture
def compare_runs() -> Compare:
    """Build a report with a constant time of generation."""

    def run(*paths: Path, with_reference: bool = False, margin: float = 0.05) -> Report:
        now = datetime(2026, 1, 6, tzinfo=UTC)
        return build_report(paths, generated_at=now, with_reference=with_reference, margin=margin)

    return run
