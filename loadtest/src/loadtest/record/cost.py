"""What the system of a run costs on AWS, as the deployment estimates it, and the prices behind that, in US dollars."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Dollars = Annotated[float, Meta(ge=0, le=1e9)]


class EstimateRow(Struct, frozen=True):
    """One row of the estimate: `number` items at `price` each, per hour or per month."""

    what: str
    number: Annotated[int, Meta(ge=0, le=1_000_000_000)] | Annotated[float, Meta(ge=0, le=1e9)]
    price: Dollars
    per: Literal["hour", "month"]
    monthly: Dollars
    """What all of them cost a month."""
    source: str
    """The page with the price."""


class MonthlyEstimate(Struct, frozen=True):
    """What the system costs a month before any use."""

    rows: Annotated[list[EstimateRow], Meta(max_length=1000)]
    total: Dollars
    hours_per_month: Annotated[float, Meta(ge=1, le=1000)]


class UsePrice(Struct, frozen=True):
    """The price of one unit of use; `per` is the unit, such as "million publishes"."""

    what: str
    price: Dollars
    per: str
    source: str


class UsePrices(Struct, frozen=True):
    """The prices of what orders use."""

    load_balancer: UsePrice
    """Per LCU-hour."""
    sns: UsePrice
    """Per million publishes."""
    sqs: UsePrice
    """Per million requests."""


class Prices(Struct, frozen=True):
    """The price list of the estimate."""

    region: str
    as_of: str
    """The date of the list."""
    by_use: UsePrices


class Cost(Struct, frozen=True):
    """The field `cost` of `context.json` and `run.json`."""

    estimate: MonthlyEstimate
    prices: Prices
