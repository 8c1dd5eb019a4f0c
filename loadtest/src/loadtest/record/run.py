"""The types of a run's JSON files.

The caller writes `context.json`, `generate` writes `generator.json` and `locust.json`, and `evaluate` `run.json`. A
figure that was not measured is null, never 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loadtest.record.cost import Cost
from loadtest.record.documents import explain
from loadtest.record.percentiles import Percentiles
from loadtest.record.rows import Count

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
    """Response times of the answered requests, in milliseconds."""

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
    """Answered requests, divided by the time from the first start to the last answer."""
    offered_per_second: float | None
    """Requests started, divided by the duration of the load; in the open model, the arrival rate."""
    ms: ResponseTimes
    missed: int | None = None
    """Requests that were due, but dropped as no user was idle; None in the closed model."""


class Orders(Struct, frozen=True):
    """What became of the orders."""

    accepted: int
    completed: int
    """Accepted orders that were completed at least once."""
    duplicated: int
    """Accepted orders that were completed more than once."""
    dead_lettered: int | None
    """By how much the dead-letter queue grew."""
    lost: int | None
    """Accepted, but neither completed nor dead-lettered."""


class Queue(Struct, frozen=True):
    """Depth and drain time of the queue."""

    peak_depth: int | None
    """The largest number of messages waiting, in flight and delayed."""
    drain_seconds: float | None
    """From the last accepted order to the first sample after which the queue stays empty."""
    model_drain_seconds: float | None
    """The same, by the queue model."""


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

    schema: Literal[1, 2] = 2
    """1 has no `cost`."""
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
    memory: dict[str, Memory] | None = None
    """By service."""
    deployment: Deployment | None
    cost: Cost | None = None
    gates: Annotated[list[Gate], Meta(max_length=100)]
