"""A run as data: its context, as the deployment tells it, and `run.json`, as every later tool reads it.

A figure that was not measured is null, never 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loadtest.record.documents import explain
from loadtest.record.percentiles import Percentiles

Seconds = Annotated[float, Meta(ge=0)]


class Span(Struct, frozen=True):
    """One stretch of time that a deployment spent in a role."""

    role: str
    started: Seconds
    """Since the start of the deployment."""
    seconds: Seconds


class Deployment(Struct, frozen=True):
    """How long it took to deploy what was loaded."""

    total_seconds: float
    roles: dict[str, float]
    changed: int | None = None
    spans: list[Span] | None = None
    wait_seconds: Seconds | None = None
    """The part of the total in which everything was made, and the services did not serve yet."""
    teardown_seconds: Seconds | None = None


class Sizing(Struct, frozen=True):
    """What the queue model needs to know of the settings; the other settings are kept, not read."""

    workers: Annotated[int, Meta(ge=1)] | None = None
    """Payments that all processors together make at the same time."""
    payment_seconds: Annotated[float, Meta(ge=0)] | None = None


class Context(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a run besides its measurements (`context.json`)."""

    environment: str
    run_id: str
    scenario: str
    started_at: Annotated[datetime, Meta(tz=True)]
    versions: dict[str, Any]
    settings: dict[str, Any]
    host: dict[str, Any]
    deployment: Deployment | None

    def __post_init__(self) -> None:
        """Refuse settings from which the model could not be calculated."""
        try:
            self.sizing  # noqa: B018  # converting is checking
        except msgspec.ValidationError as error:
            message = f"settings: {explain(error, self.settings)}"
            raise ValueError(message) from error

    @property
    def sizing(self) -> Sizing:
        """The settings that the queue model needs."""
        return msgspec.convert(self.settings, Sizing)


class ResponseTimes(Struct, frozen=True):
    """Response times in milliseconds, over every request that was answered."""

    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


class Requests(Struct, frozen=True):
    """What was sent."""

    count: int
    """Requests started."""
    failures: int
    """Requests that were not answered by a 202 with an order."""
    per_second: float | None
    """Answered requests over the time from the first start to the last answer."""
    offered_per_second: float | None
    """Requests started over the time in which they could be started; in an open model, those that were due."""
    ms: ResponseTimes
    missed: int | None = None
    """Requests that were due, but nobody was free to start; None in a closed model."""


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
    """How the queue filled and emptied."""

    peak_depth: int | None
    """The largest number of messages waiting, in flight and delayed."""
    drain_seconds: float | None
    """From the last accepted order to the first sample from which on the queue is empty."""
    model_drain_seconds: float | None
    """The same by the queue model."""


class Memory(Struct, frozen=True):
    """Resident memory of the largest process of a service, in MiB."""

    start_mib: float | None
    """When the load began; None, as the next, without a sample in the load."""
    end_mib: float | None
    """When the load ended."""
    peak_mib: float
    """In the whole run."""


class Gate(Struct, frozen=True):
    """One condition without which the figures are not to be believed."""

    name: str
    passed: bool
    detail: str


class Run(Struct, frozen=True, kw_only=True):
    """One run, measured and judged (`run.json`)."""

    schema: Literal[1] = 1
    environment: str
    run_id: str
    scenario: str
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
    gates: list[Gate]
