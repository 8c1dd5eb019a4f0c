from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from loadtest.report.document import Fold
from loadtest.report.measured_run import read_run
from loadtest.report.reference import reference_for
from loadtest.report.sections import sections

from .synthetic import SCENARIO

if TYPE_CHECKING:
    from .conftest import Compare, MakeRun

BASELINE = SCENARIO | {
    "users": 20,
    "spawn_rate_per_second": 2,
    "duration_seconds": 60,
    "wait_seconds": {"min": 0.1, "max": 0.5},
}
PLAN: dict[str, Any] = {"scenario": BASELINE, "workers": 100}


def test_published_rates_are_halved_and_kept(make_run: MakeRun) -> None:
    localstack, aws = reference_for(read_run(make_run("localstack", 1, **PLAN), "a run"))
    assert (localstack.environment, aws.environment) == ("LocalStack", "AWS")
    assert (localstack.printed_per_second, localstack.figures["answered"]) == (114, 57)
    assert aws.figures["response_p50"] == 39


@pytest.mark.parametrize(
    "other",
    [
        {"workers": 10},
        {"scenario": BASELINE | {"users": 21}},
        {"scenario": BASELINE | {"duration_seconds": 61}},
        {"scenario": BASELINE | {"wait_seconds": {"min": 0.1, "max": 0.6}}},
    ],
)
def test_another_load_has_no_published_figures(make_run: MakeRun, other: dict[str, Any]) -> None:
    assert reference_for(read_run(make_run("localstack", 1, **(PLAN | other)), "a run")) == []


def test_published_columns_are_marked_and_the_correction_is_explained(make_run: MakeRun, compare_runs: Compare) -> None:
    run_directories = [make_run(name, 1, **PLAN) for name in ("localstack", "ministack")]
    [fold] = [
        block
        for section in sections(compare_runs(*run_directories, with_reference=True))
        for block in section.blocks
        if isinstance(block, Fold) and block.heading == "Reference system"
    ]
    text = str(fold)
    assert "† published: LocalStack" in text
    assert "Its rates are halved" in text
    assert "The published rates are LocalStack 114/s; AWS 108/s" in text
