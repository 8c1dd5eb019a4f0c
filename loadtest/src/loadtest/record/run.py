"""The types of a run's JSON files.

The caller writes `context.json`, `generate` writes `generator.json` and `locust.json`, and `evaluate` `run.json`. A
figure that was not measured is null, never 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from loadtest.record.cost import Cost
from loadtest.record.documents import explain
from loadtest.record.percentiles import Percentiles
from loadtest.record.rows import Count

SCHEMA: Final = 3
"""Of the runs that this version writes."""

Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Name = Annotated[str, Meta(max_length=500)]


class Span(Struct, frozen=True):
    """A period that a deployment spent in a role."""

    role: Name
    started: Seconds
    """Since the start of the deployment."""
    seconds: Seconds


class Deployment(Struct, frozen=True):
    """How long the deployment of the system took."""

    total_seconds: Seconds
    roles: Annotated[dict[Name, Seconds], Meta(max_length=1000)]
    changed: int | None = None
    spans: Annotated[list[Span], Meta(max_length=1000)] | None = None
    wait_seconds: Seconds | None = None
    """The part of the total in which all resources existed, but the services did not serve yet."""
    teardown_seconds: Seconds | None = None
    changed_tasks: Annotated[list[Name], Meta(max_length=10_000)] | None = None
    """The tasks that changed something, each once: what was created, built, pulled and pushed."""


class Emulator(Struct, frozen=True):
    """The container of an emulator, as it was before the load."""

    image: Name
    digest: Name
    """Of the image's content."""
    started_at: Annotated[datetime, Meta(tz=True)]


class Experiment(Struct, frozen=True, omit_defaults=True):
    """The place of a run in an experiment."""

    id: Name
    round: Annotated[int, Meta(ge=1, le=100_000)]
    """Each round loads every environment once."""
    compares_code: bool = False
    """Whether the environments are versions of the services: between them, the code differs on purpose."""


class Sizing(Struct, frozen=True):
    """The settings that the queue model needs; the others are kept, not read."""

    workers: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    """Payments that all processors together make concurrently."""
    payment_seconds: Seconds | None = None


class Context(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The environment of a run (`context.json`)."""

    environment: Name
    run_id: Name
    scenario: Name
    started_at: Annotated[datetime, Meta(tz=True)]
    versions: dict[str, Any]
    settings: dict[str, Any]
    host: dict[str, Any]
    deployment: Deployment | None
    cost: Cost | None = None
    emulators: Annotated[dict[Name, Emulator], Meta(max_length=100)] | None = None
    """By name; empty on AWS, None where it was not recorded."""
    experiment: Experiment | None = None

    def __post_init__(self) -> None:
        """Check the settings that the queue model needs."""
        try:
            self.sizing  # noqa: B018  # the conversion is the check
        except msgspec.ValidationError as error:
            message = f"settings: {explain(error, self.settings)}"
            raise ValueError(message) from error

    @property
    def sizing(self) -> Sizing:
        """The settings that the queue model needs."""
        return msgspec.convert(self.settings, Sizing)


class Generator(Struct, frozen=True):
    """The software and hardware that generated the load (`generator.json`)."""

    python: str
    locust: str
    cpu_count: int | None


class LocustEntry(Struct, frozen=True):
    """One kind of request in Locust's own statistics, which `locust.json` lists."""

    num_requests: Count
    num_failures: Count


class ResponseTimes(Struct, frozen=True):
    """Response times of the answered requests in the steady window, in milliseconds."""

    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


class Requests(Struct, frozen=True):
    """The requests of a run."""

    count: int
    """Requests started."""
    failures: int
    """Requests without the answer of a success."""
    per_second: float | None
    """Answers in the steady window, divided by its length."""
    offered_per_second: float | None
    """Requests that were started (open model: due) in the steady window, divided by its length."""
    ms: ResponseTimes
    missed: int | None = None
    """Requests that were due, but dropped as no user was idle; None in the closed model."""
    late_max_ms: float | None = None
    """The longest time from when a request was due to its start; None in the closed model."""


class Orders(Struct, frozen=True):
    """What became of the orders."""

    accepted: int
    completed: int
    """Accepted orders that were completed at least once."""
    duplicated: int
    """Accepted orders that were completed more than once."""
    dead_lettered: int | None
    """Accepted orders in the dead-letter queue that were not completed."""
    lost: int | None
    """Accepted, but neither completed nor dead-lettered."""
    redelivered: int | None = None
    """Accepted orders that were delivered again, and not paid for again; None in earlier runs."""


class Queue(Struct, frozen=True):
    """Depth and drain time of the queue."""

    peak_depth: int | None
    """The largest number of messages waiting, in flight and delayed."""
    drain_seconds: float | None
    """From the last creation of an order to the last completion; None unless all accepted orders were completed."""
    model_drain_seconds: float | None
    """The same, by the queue model."""


class Clocks(Struct, frozen=True):
    """By how much the services' clock is ahead of the load generator's, in seconds.

    Each order was created between the start and the end of its request, which gives a range; these are the bounds of
    what fits all orders. If `least` is above `most`, no single shift fits.
    """

    least: float
    most: float

    @property
    def shift(self) -> float:
        """The estimate: the middle."""
        return (self.least + self.most) / 2

    @property
    def correction(self) -> float:
        """What is subtracted from the services' times: nothing if equal clocks fit all orders."""
        return 0.0 if self.least <= 0 <= self.most else self.shift


class EmulatorUse(Struct, frozen=True):
    """What the container of an emulator used during the load."""

    cpu_percent: float
    """Of one core, mean."""
    memory_mib: float
    """Peak."""


class Memory(Struct, frozen=True):
    """Resident memory of the largest process of a service, in MiB."""

    start_mib: float | None
    """At the start of the load; None, as `end_mib`, without a sample during the load."""
    end_mib: float | None
    """At the end of the load."""
    peak_mib: float
    """In the whole run."""


class Gate(Struct, frozen=True):
    """A condition that a run has to pass for its figures to be valid."""

    name: Name
    passed: bool
    detail: Annotated[str, Meta(max_length=1000)]


class Run(Struct, frozen=True, kw_only=True):
    """The figures and gates of a run (`run.json`)."""

    schema: Literal[1, 2, 3] = SCHEMA
    """1 has no `cost`; in 1 and 2, figures are defined in other ways, and much is not recorded."""
    environment: Name
    run_id: Name
    scenario: Name
    started_at: Annotated[datetime, Meta(tz=True)]
    versions: dict[str, Any]
    settings: dict[str, Any]
    host: dict[str, Any]
    requests: Requests
    orders: Orders
    queue: Queue
    end_to_end_seconds: Percentiles
    clocks: Clocks | None = None
    """None without a completed order."""
    memory: dict[str, Memory] | None = None
    """By service."""
    host_cpu_percent: float | None = None
    """Mean use of all cores during the load, on the computer that runs the playbook."""
    emulator_use: dict[str, EmulatorUse] | None = None
    """By emulator; None where it was not measured."""
    deployment: Deployment | None
    cost: Cost | None = None
    emulators: dict[Name, Emulator] | None = None
    experiment: Experiment | None = None
    gates: Annotated[list[Gate], Meta(max_length=100)]
