"""The report as data (`comparison.json`); the other formats are rendered from it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from loadtest.record.run import Clocks, Emulator, Gate, Span
from loadtest.record.scenario import Scenario
from loadtest.report.behaviours import Behaviour
from loadtest.report.cost import PriceList, SystemCost
from loadtest.report.intervals import Estimate, Ratio
from loadtest.report.parity import Parity
from loadtest.report.reference import Reference
from loadtest.report.series import Distribution, Timelines
from loadtest.report.thresholds import Checked
from loadtest.report.transfer import Carried
from loadtest.report.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGITS = 6


class RunEntry(Struct, frozen=True, kw_only=True):
    """One of the given runs, compared or not."""

    label: str
    state: Literal["compared", "left out", "damaged", "missing"]
    reason: str | None = None
    """Why it is not compared."""
    environment: str | None = None
    run_id: str | None = None
    scenario: str | None = None
    started_at: datetime | None = None
    versions: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    host: dict[str, Any] | None = None
    round: int | None = None
    """The number of its round, in order of time; None unless it is compared."""
    host_cpu_percent: float | None = None
    late_max_ms: float | None = None
    figures: dict[str, float | None] = {}
    """Its key figures, also if it is not compared; empty if it could not be read."""
    outliers: list[str] = []
    """The labels of its figures that are far from those of the other compared runs of its environment."""
    changes: list[str] = []
    """What is another version, or was restarted, since the run of its environment before it."""
    clocks: Clocks | None = None
    emulators: dict[str, Emulator] | None = None
    gates: list[Gate] = []


class Environment(Struct, frozen=True, omit_defaults=True):
    """An environment and its compared runs."""

    name: str
    runs: list[str]
    """Their labels."""
    deployments: int
    """Number of different deployments among them; several runs on one deployment are one observation of it."""
    emulators: list[str]
    emulated: bool
    """Whether it is on emulators, known or not; else it is on AWS."""
    not_exercised: list[str]
    """What its emulators do not exercise."""
    behaviours: list[Behaviour] = []
    """Those of AWS that were probed in it."""


class PairRatio(Struct, frozen=True):
    """A figure of one environment, divided by that of another."""

    numerator: str
    denominator: str
    ratio: Ratio


class Row(Struct, frozen=True):
    """A figure of each environment, and its ratio for each pair of environments."""

    key: str
    label: str
    unit: str
    environments: dict[str, Estimate]
    ratios: list[PairRatio]


class Share(Struct, frozen=True):
    """Events among trials, over all runs of an environment under this load, including those that failed a gate."""

    events: int
    trials: int
    upper_bound: float | None
    """Upper bound of the true share, with 95 % confidence, if the events are independent."""
    runs: int
    runs_with_events: int
    upper_bound_of_runs: float | None
    """Upper bound of the true share of runs with events, with 95 % confidence, which does not need that."""


class Events(Struct, frozen=True):
    """Failures of one kind in each environment; None where they were not measured."""

    key: str
    label: str
    of: str
    environments: dict[str, Share | None]


class RoleSeconds(Struct, frozen=True):
    """The mean time of a role over the deployments of each environment; None where it did not run."""

    role: str
    seconds: dict[str, float | None]


class DrainByWorkers(Struct, frozen=True):
    """The drain time of an environment with one number of workers, under the same load."""

    workers: int
    environment: str
    drain: Estimate
    drain_model: Estimate
    drain_over_model: Estimate


class Figures(Struct, frozen=True):
    """The figures of the compared runs."""

    scenario: Scenario
    settings: dict[str, Any]
    response: list[Row]
    throughput: list[Row]
    events: list[Events]
    queue: list[Row]
    by_workers: list[DrainByWorkers]
    """Includes runs that differ from the compared ones in their number of workers only; empty if there are none."""
    end_to_end: list[Row]
    memory: list[Row]
    """Of each service; empty if no run measured it."""
    emulators: list[Row]
    """What this computer and the emulators used; empty if no run measured it."""
    deployment: list[Row]
    roles: list[RoleSeconds]
    spans: dict[str, list[Span] | None]
    """Of the first deployment of each environment that recorded them."""
    costs: dict[str, SystemCost | None]
    timelines: Timelines
    distributions: list[Distribution]
    windows: Windows | None
    """None if the load was too short."""
    references: list[Reference]
    """What the reference system published for this load; empty unless requested."""

    @property
    def rows(self) -> list[Row]:
        """All figures that have ratios."""
        return [row for family in self.families.values() for row in family]

    @property
    def families(self) -> dict[str, list[Row]]:
        """The figures that have ratios, in families: those of one are about the same thing."""
        return {
            "response times": self.response,
            "throughput": self.throughput,
            "queue and drain": self.queue,
            "end to end": self.end_to_end,
            "memory": self.memory,
            "emulators": self.emulators,
            "deployment": self.deployment,
        }


class Report(Struct, frozen=True, kw_only=True):
    """The whole comparison, or the report of a single run."""

    schema: Literal[3] = 3
    generated_at: datetime | None = None
    """None in the report of a single run, so that the same run gives the same report."""
    confidence: float
    """Of each interval; they are within this experiment, and say nothing about other days and computers."""
    margin: float
    """Ratios up to 1 + this, and down to its inverse, count as equal."""
    answer: str
    """What the runs show, in one sentence; of a single run, what happened. Empty if there is nothing to compare."""
    orders: str
    """What became of the orders of all runs, also of those that are not compared; empty if none could be read."""
    verdict: str
    """What was compared, or why nothing was; of a single run: whether its figures are valid. Then the losses."""
    losses: list[str]
    """Each run in which orders were lost, dead-lettered or completed twice, also if it is not compared."""
    cautions: list[str]
    """Reasons to doubt the differences."""
    runs: list[RunEntry]
    environments: list[Environment]
    parity: Parity | None
    """None if no run recorded its resources, or if there is nothing to compare them with."""
    prices: dict[str, PriceList]
    """Of the costs, by environment; those without costs are missing."""
    figures: Figures | None
    """None if no run can be compared."""
    carries_over: list[Carried]
    """What the figures tell about AWS; empty without figures, or without a run on an emulator."""
    thresholds: list[Checked] = []
    """The conditions of --fail-if."""

    @property
    def on_aws(self) -> bool:
        """Whether a compared run is on AWS."""
        return any(not each.emulated for each in self.environments)

    @property
    def single_run(self) -> bool:
        """Whether no other run was given."""
        return len(self.runs) == 1

    @property
    def several_environments(self) -> bool:
        """Whether there are environments to compare with each other."""
        return len(self.environments) > 1


def encode(report: Report, *, indent: int = 2) -> str:
    """Return the report as JSON, with `indent=-1` without white space.

    Numbers are rounded to six significant digits, as no measurement is more precise.
    """
    document = msgspec.json.encode(_rounded(msgspec.to_builtins(report)))
    return msgspec.json.format(document, indent=indent).decode() + "\n"


def _rounded(document: Any) -> Any:  # noqa: ANN401  # any JSON document
    if isinstance(document, float):
        return float(f"{document:.{_DIGITS}g}")
    if isinstance(document, dict):
        mapping: Mapping[str, Any] = document
        return {key: _rounded(value) for key, value in mapping.items()}
    if isinstance(document, list):
        return [_rounded(value) for value in document]
    return document
