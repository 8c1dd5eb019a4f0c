"""A scenario: how many users offer what load for how long, as data (`scenarios/*.yml`).

In a closed model each user sends an order, waits for the answer, thinks, and sends the next: how much is offered depends
on how fast the system answers. In an open model orders arrive at a given rate whatever the system does, and the users
are who is there to send them. How the system under load is sized (workers, payment seconds) belongs to the deployment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from loadtest.errors import LoadTestError
from loadtest.record.documents import read_document

SCENARIOS = Path(__file__).parents[3] / "scenarios"

Positive = Annotated[float, Meta(gt=0)]


class Seconds(Struct, frozen=True, forbid_unknown_fields=True):
    """A uniform think time from `min` to `max` seconds."""

    min: Annotated[float, Meta(ge=0, le=60)]
    max: Annotated[float, Meta(ge=0, le=60)]

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        _refuse_inverted(self.min, self.max)

    @property
    def mean(self) -> float:
        """Mean think time in seconds: Z in Little's law."""
        return (self.min + self.max) / 2


class Count(Struct, frozen=True, forbid_unknown_fields=True):
    """A uniform whole number from `min` to `max`, both included."""

    min: Annotated[int, Meta(ge=1)]
    max: Annotated[int, Meta(ge=1)]

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        _refuse_inverted(self.min, self.max)


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """A uniform price from `min` to `max`."""

    min: Positive
    max: Positive

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        _refuse_inverted(self.min, self.max)


class OrderMix(Struct, frozen=True, forbid_unknown_fields=True):
    """What a random order looks like: ranges to draw from, uniformly."""

    items: Annotated[int, Meta(ge=1, le=100)]
    customer_id: Count
    quantity: Count
    price: Price


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One load: users, ramp, duration and what they send."""

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    description: str
    users: Annotated[int, Meta(ge=1, le=10_000)]
    spawn_rate_per_second: Annotated[float, Meta(gt=0, le=1000)]
    duration_seconds: Annotated[int, Meta(ge=1, le=86_400)]
    stop_timeout_seconds: Annotated[int, Meta(ge=1, le=600)]
    wait_seconds: Seconds
    order: OrderMix
    max_failure_ratio: Annotated[float, Meta(ge=0, le=1)]
    path: Literal["/orders/async", "/orders/sync"] = "/orders/async"
    """Where orders are sent: answered when they are accepted, or when they are paid for."""
    answer_timeout_seconds: Annotated[float, Meta(gt=0, le=600)] = 60
    """How long a user waits for an answer."""
    arrivals_per_second: Annotated[float, Meta(gt=0, le=10_000)] | None = None
    """Orders that are due each second, once every user is there; None in a closed model."""

    def __post_init__(self) -> None:
        """Refuse a load that would end before its ramp, and an open model whose users think."""
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
        """Orders that are due in the whole load; None in a closed model."""
        if self.arrivals_per_second is None:
            return None
        return round(self.arrivals_per_second * (self.duration_seconds - self.ramp_seconds))

    @property
    def ramp_seconds(self) -> float:
        """Seconds until every user has started; they are part of the duration."""
        return self.users / self.spawn_rate_per_second

    @property
    def terms(self) -> str:
        """Say how the load was offered, which every figure of it depends on."""
        pace = (
            f"wait {self.wait_seconds.min:g} to {self.wait_seconds.max:g} s between orders"
            if self.arrivals_per_second is None
            else f"together send {self.arrivals_per_second:g} orders a second, whatever the answers,"
        )
        return (
            f"{self.users} users started at {self.spawn_rate_per_second:g} a second, who {pace} to {self.path}, "
            f"for {self.duration_seconds} s; they give up an answer after {self.answer_timeout_seconds:g} s"
        )


def find_scenario(name: str) -> Path:
    """Return the file of the scenario called `name`, or `name` itself when it is the path of a .yml file."""
    if name.endswith(".yml"):
        return Path(name)
    path = SCENARIOS / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in SCENARIOS.glob("*.yml")))
        message = f"no scenario {name!r}: there are {known}, or give the path of a .yml file"
        raise LoadTestError(message)
    return path


def read_scenario(path: Path) -> Scenario:
    """Read and check one scenario; raises LoadTestError that names file, field, value and what is allowed."""
    return read_document(path, Scenario)


def _refuse_inverted(low: float, high: float) -> None:
    if low > high:
        message = f"min {low:g} is above max {high:g}"
        raise ValueError(message)
