"""The scenarios: users, load and duration (`scenarios/*.yml`).

In the closed model each user sends an order, waits for the answer, thinks, and sends the next, so a slow system is
offered less load. In the open model orders are due at a constant arrival rate, however fast the system answers; the
users send them. The size of the system (workers, payment seconds) is a setting of the deployment, not of a scenario.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from loadtest.errors import LoadTestError
from loadtest.record.documents import read_document

SCENARIOS = Path(__file__).parents[3] / "scenarios"

Positive = Annotated[float, Meta(gt=0, le=1e9)]


class ThinkTime(Struct, frozen=True, forbid_unknown_fields=True):
    """A think time, uniform from `min` to `max` seconds."""

    min: Annotated[float, Meta(ge=0, le=60)]
    max: Annotated[float, Meta(ge=0, le=60)]

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        _refuse_inverted(self.min, self.max)

    @property
    def mean(self) -> float:
        """Mean think time in seconds: Z in Little's law."""
        return (self.min + self.max) / 2


class IntegerRange(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole number, uniform from `min` to `max`, both included."""

    min: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    max: Annotated[int, Meta(ge=1, le=1_000_000_000)]

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        _refuse_inverted(self.min, self.max)


class PriceRange(Struct, frozen=True, forbid_unknown_fields=True):
    """A price, uniform from `min` to `max`."""

    min: Positive
    max: Positive

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        _refuse_inverted(self.min, self.max)


class OrderMix(Struct, frozen=True, forbid_unknown_fields=True):
    """The ranges that random orders are drawn from."""

    items: Annotated[int, Meta(ge=1, le=100)]
    customer_id: IntegerRange
    quantity: IntegerRange
    price: PriceRange


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One scenario: users, ramp, duration, and the orders they send."""

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    description: str
    users: Annotated[int, Meta(ge=1, le=10_000)]
    spawn_rate_per_second: Annotated[float, Meta(gt=0, le=1000)]
    duration_seconds: Annotated[int, Meta(ge=1, le=86_400)]
    stop_timeout_seconds: Annotated[int, Meta(ge=1, le=600)]
    wait_seconds: ThinkTime
    order: OrderMix
    max_failure_ratio: Annotated[float, Meta(ge=0, le=1)]
    path: Literal["/orders/async", "/orders/sync"] = "/orders/async"
    """The asynchronous path answers when an order is accepted, the synchronous one when it is paid for."""
    answer_timeout_seconds: Annotated[float, Meta(gt=0, le=600)] = 60
    """How long a user waits for an answer."""
    arrivals_per_second: Annotated[float, Meta(gt=0, le=10_000)] | None = None
    """The arrival rate of the open model, after the ramp; None in the closed model."""

    def __post_init__(self) -> None:
        """Refuse a load that ends before its ramp, and a think time in the open model."""
        if self.ramp_seconds >= self.duration_seconds:
            message = (
                f"users: starting {self.users} takes {self.ramp_seconds:g} s, which must be less than "
                f"duration_seconds ({self.duration_seconds})"
            )
            raise ValueError(message)
        if self.arrivals_per_second is not None and self.wait_seconds.max > 0:
            message = f"wait_seconds: max is {self.wait_seconds.max:g}; with arrivals_per_second it must be 0"
            raise ValueError(message)

    @property
    def arrivals(self) -> int | None:
        """Orders that are due in the whole load; None in the closed model."""
        if self.arrivals_per_second is None:
            return None
        return round(self.arrivals_per_second * (self.duration_seconds - self.ramp_seconds))

    @property
    def ramp_seconds(self) -> float:
        """ThinkTime until every user has started; part of the duration."""
        return self.users / self.spawn_rate_per_second

    @property
    def terms(self) -> str:
        """The load in one sentence."""
        pace = (
            f"closed model, think time {self.wait_seconds.min:g} to {self.wait_seconds.max:g} s"
            if self.arrivals_per_second is None
            else f"open model, arrival rate {self.arrivals_per_second:g} orders/s"
        )
        return (
            f"{pace}, to {self.path}, with {self.users} users at a spawn rate of {self.spawn_rate_per_second:g}/s, "
            f"for {self.duration_seconds} s, answer timeout {self.answer_timeout_seconds:g} s"
        )


def find_scenario(name: str) -> Path:
    """Return the file of the scenario `name`, or `name` as a path when it ends in .yml."""
    if name.endswith(".yml"):
        return Path(name)
    path = SCENARIOS / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in SCENARIOS.glob("*.yml")))
        message = f"unknown scenario {name!r}: use one of {known}, or the path of a .yml file"
        raise LoadTestError(message)
    return path


def read_scenario(path: Path) -> Scenario:
    """Read a scenario; raises LoadTestError when the file is missing or invalid."""
    return read_document(path, Scenario)


def _refuse_inverted(low: float, high: float) -> None:
    if low > high:
        message = f"min {low:g} is above max {high:g}"
        raise ValueError(message)
