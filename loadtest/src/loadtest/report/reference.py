"""The published figures of the reference system, for the loads that it was published with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.record.documents import read_document
from loadtest.record.scenario import ThinkTime

if TYPE_CHECKING:
    from loadtest.report.measured_run import MeasuredRun

_FILE = Path(__file__).with_name("reference.yml")

# Its load generator fired Locust's request event a second time for each request.
REPORTED_PER_REQUEST = 2


class _Published(Struct, frozen=True, forbid_unknown_fields=True):
    response_mean: float
    response_p50: float
    response_p95: float
    response_p99: float
    printed_per_second: float
    peak_depth: float
    drain: float


class _Load(Struct, frozen=True, forbid_unknown_fields=True):
    users: int
    spawn_rate_per_second: float
    environments: dict[str, _Published]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    workers: int
    payment_seconds: float
    wait_seconds: ThinkTime
    duration_seconds: int
    loads: list[_Load]


class Reference(Struct, frozen=True):
    """The published figures of one environment."""

    environment: str
    figures: dict[str, float]
    """By the key of the corresponding metric."""
    printed_per_second: float
    """The published request rate, in which every request counts twice."""


def reference_for(run: MeasuredRun) -> list[Reference]:
    """Return the figures published for the load and the workers of a run; empty if there are none."""
    file = read_document(_FILE, _File)
    scenario = run.scenario
    if (file.workers, file.payment_seconds) != (run.sizing.workers, run.sizing.payment_seconds):
        return []
    if (file.wait_seconds, file.duration_seconds) != (scenario.wait_seconds, scenario.duration_seconds):
        return []
    return [
        Reference(
            name,
            {
                "response_mean": published.response_mean,
                "response_p50": published.response_p50,
                "response_p95": published.response_p95,
                "response_p99": published.response_p99,
                "answered": published.printed_per_second / REPORTED_PER_REQUEST,
                "peak_depth": published.peak_depth,
                "drain": published.drain,
            },
            published.printed_per_second,
        )
        for load in file.loads
        if (load.users, load.spawn_rate_per_second) == (scenario.users, scenario.spawn_rate_per_second)
        for name, published in load.environments.items()
    ]
