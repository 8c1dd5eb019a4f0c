"""The comparison as data: all that the report says and draws (`comparison.json`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from loadtest.record.run import Gate, Span
from loadtest.record.scenario import Scenario
from loadtest.report.cost import Cost
from loadtest.report.intervals import Estimate, Ratio
from loadtest.report.parity import Parity
from loadtest.report.reference import Reference
from loadtest.report.series import Distribution, Timelines
from loadtest.report.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS = 6


class RunEntry(Struct, frozen=True, kw_only=True):
    """One run that was given, whatever became of it."""

    label: str
    state: Literal["compared", "left out", "damaged"]
    reason: str | None = None
    """Why it was not compared."""
    environment: str | None = None
    run_id: str | None = None
    scenario: str | None = None
    started_at: datetime | None = None
    versions: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    host: dict[str, Any] | None = None
    gates: list[Gate] = []


class Environment(Struct, frozen=True):
    """One environment, by its runs that are compared."""

    name: str
    runs: list[str]
    """Their labels."""
    deployments: int
    """How many different deployments they loaded: several runs on one deployment are one observation of it."""
    emulators: list[str]
    not_exercised: list[str]
    """What its figures do not show."""


class PairRatio(Struct, frozen=True):
    """A figure of one environment, divided by that of another."""

    numerator: str
    denominator: str
    ratio: Ratio


class Row(Struct, frozen=True):
    """One figure, of each environment and by pairs of them."""

    key: str
    label: str
    unit: str
    environments: dict[str, Estimate]
    ratios: list[PairRatio]


class Share(Struct, frozen=True):
    """How many of how many, over all runs of an environment under this load, also those that failed a gate."""

    events: int
    trials: int
    upper_bound: float | None
    """The share that the true one is below, with 95 % confidence."""


class Events(Struct, frozen=True):
    """Something that ought not to happen, in each environment (None: not measured)."""

    key: str
    label: str
    of: str
    environments: dict[str, Share | None]


class RoleSeconds(Struct, frozen=True):
    """How long one role took, in the mean of the deployments; None where it was not deployed."""

    role: str
    seconds: dict[str, float | None]


class DrainByWorkers(Struct, frozen=True):
    """How one environment worked off the same load with one number of workers."""

    workers: int
    environment: str
    drain: Estimate
    drain_model: Estimate
    drain_over_model: Estimate


class Figures(Struct, frozen=True):
    """What is said of the environments whose runs may be compared."""

    scenario: Scenario
    settings: dict[str, Any]
    response: list[Row]
    throughput: list[Row]
    events: list[Events]
    queue: list[Row]
    by_workers: list[DrainByWorkers]
    """Also of runs that differ from the compared ones in nothing but the workers; empty where none does."""
    end_to_end: list[Row]
    memory: list[Row]
    """Of each service; empty where no run measured it."""
    deployment: list[Row]
    roles: list[RoleSeconds]
    spans: dict[str, list[Span] | None]
    """Of the first deployment of each environment that recorded them."""
    costs: dict[str, Cost | None]
    timelines: Timelines
    distributions: list[Distribution]
    windows: Windows | None
    """None where the load was too short."""
    references: list[Reference]
    """What the reference system published for this load; empty unless asked for."""

    @property
    def rows(self) -> list[Row]:
        """All that is compared by ratios."""
        return [*self.response, *self.throughput, *self.queue, *self.end_to_end, *self.memory, *self.deployment]


class Report(Struct, frozen=True, kw_only=True):
    """The whole comparison."""

    schema: Literal[1] = 1
    generated_at: datetime
    confidence: float
    verdict: str
    """Whether anything is compared, and why not."""
    cautions: list[str]
    """What to bear in mind with every figure."""
    runs: list[RunEntry]
    environments: list[Environment]
    parity: Parity | None
    """None where no run recorded its resources."""
    prices: dict[str, str]
    """Where the price list lives, for which region and date."""
    figures: Figures | None
    """None where no run may be compared."""


def encode(report: Report) -> str:
    """Return the report as JSON; numbers have six significant digits, which no measurement here exceeds."""
    return msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(report))), indent=2).decode() + "\n"


def _rounded(document: Any) -> Any:  # noqa: ANN401  # any document
    if isinstance(document, float):
        return float(f"{document:.{_DIGITS}g}")
    if isinstance(document, dict):
        mapping: Mapping[str, Any] = document
        return {key: _rounded(value) for key, value in mapping.items()}
    if isinstance(document, list):
        return [_rounded(value) for value in document]
    return document
