"""What the system of an environment costs on AWS, per month and per million orders.

The estimate and the prices are those that the deployment recorded in the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.record.cost import EstimateRow

if TYPE_CHECKING:
    from loadtest.record.cost import UsePrices
    from loadtest.report.measured_run import MeasuredRun

MILLION = 1_000_000
_DECADES = 4
_POINTS_PER_DECADE = 6
_SECONDS_PER_HOUR = 3600
_SHORTEST_PAYMENT = 1e-6
_LEAST_DOLLARS = 0.01

# What one order uses: at least, in full batches of ten over kept-alive connections; at most, in a batch and a
# connection of its own. An LCU-hour pays for 25 new connections a second.
_PUBLISHES = (0.1, 1.0)
_QUEUE_REQUESTS = (0.2, 2.0)  # receive and delete
_LCU_HOURS = (0.0, 1 / (25 * _SECONDS_PER_HOUR))


class Point(Struct, frozen=True):
    """What a million orders cost at a volume, in US dollars."""

    orders_per_month: float
    low: float
    """All orders in full batches."""
    high: float
    """Each order alone."""


class SystemCost(Struct, frozen=True):
    """What the system of an environment costs on AWS, in US dollars."""

    lines: list[EstimateRow]
    monthly: float
    curve: list[Point]
    """Up to the most orders that the workers can pay for; empty if that is unknown or unlimited, or nothing costs."""


class PriceList(Struct, frozen=True):
    """The region and the date of the prices behind a cost."""

    region: str
    as_of: str


def system_cost(run: MeasuredRun) -> SystemCost | None:
    """Return what the system of a run costs; None if the run does not record it."""
    cost = run.run.cost
    if cost is None:
        return None
    estimate = cost.estimate
    workers, payment_seconds = run.sizing.workers, run.sizing.payment_seconds
    curve = []
    if workers and payment_seconds and payment_seconds > _SHORTEST_PAYMENT and estimate.total >= _LEAST_DOLLARS:
        most = workers / payment_seconds * _SECONDS_PER_HOUR * estimate.hours_per_month
        curve = _curve(most, estimate.total, cost.prices.by_use)
    return SystemCost(estimate.rows, estimate.total, curve)


def price_list(run: MeasuredRun) -> PriceList | None:
    """Return the price list of a run's cost; None if the run does not record it."""
    cost = run.run.cost
    return None if cost is None else PriceList(cost.prices.region, cost.prices.as_of)


def _curve(most: float, monthly: float, by_use: UsePrices) -> list[Point]:
    low, high = (
        _PUBLISHES[end] * by_use.sns.price
        + _QUEUE_REQUESTS[end] * by_use.sqs.price
        + _LCU_HOURS[end] * by_use.load_balancer.price * MILLION
        for end in (0, 1)
    )
    volumes = [most * 10 ** (number / _POINTS_PER_DECADE) for number in range(-_DECADES * _POINTS_PER_DECADE, 1)]
    return [Point(volume, monthly / volume * MILLION + low, monthly / volume * MILLION + high) for volume in volumes]
