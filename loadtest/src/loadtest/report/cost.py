"""What the loaded system costs on AWS: by the month, and by the million orders.

The prices and the sum of a month are those of the estimate that the role plan shows before a deployment.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from loadtest.record.documents import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from loadtest.report.measured_run import MeasuredRun

_ROOT = Path(__file__).parents[4]
PRICES = "roles/plan/vars/main/prices.yml"

MILLION = 1_000_000
_DECADES = 4
_POINTS_PER_DECADE = 6
_SECONDS_PER_HOUR = 3600

# What one order takes of what is paid by use: at least, in full batches of ten over connections that are kept open; at
# most, alone and over a connection of its own. An LCU-hour pays for 25 new connections a second.
_PUBLISHES = (0.1, 1.0)
_QUEUE_REQUESTS = (0.2, 2.0)  # received and deleted
_LCU_HOURS = (0.0, 1 / (25 * _SECONDS_PER_HOUR))


class Line(Struct, frozen=True):
    """One line of the estimate, in US dollars; `price` is for one, an hour or a month (`per`)."""

    what: str
    number: float
    price: float
    per: str
    monthly: float
    source: str


class Point(Struct, frozen=True):
    """What a million orders cost at a volume."""

    orders_per_month: float
    low: float
    """Everything in full batches."""
    high: float
    """Every order alone."""


class Cost(Struct, frozen=True):
    """What the system of one environment costs on AWS."""

    lines: list[Line]
    monthly: float
    curve: list[Point]
    """Up to the most orders that the workers can pay for; empty where their number or their speed is unknown."""


class Prices(Struct, frozen=True):
    """The price list, and its date."""

    region: str
    as_of: str
    by_time: dict[str, Any]
    by_use: dict[str, Any]


def read_prices() -> Prices:
    """Read the price list of the role plan; raises LoadTestError when it cannot be read."""
    document = read_document(_ROOT / PRICES, dict[str, Any])
    by_time = document["__plan_prices"]
    return Prices(by_time["region"], by_time["as_of"], by_time, document["__plan_by_use"])


def cost_of(run: MeasuredRun, prices: Prices) -> Cost | None:
    """Return what the loaded system costs on AWS; None where the run does not say what it is made of."""
    if run.system is None:
        return None
    estimate = _monthly_cost().monthly_cost(msgspec.to_builtins(run.system), prices.by_time)
    lines = [Line(**row) for row in estimate["rows"]]
    return Cost(lines, estimate["total"], _curve(run, estimate["total"], prices.by_use))


def _curve(run: MeasuredRun, monthly: float, by_use: Mapping[str, Any]) -> list[Point]:
    workers, payment_seconds = run.sizing.workers, run.sizing.payment_seconds
    if not workers or not payment_seconds:
        return []
    most = workers / payment_seconds * _SECONDS_PER_HOUR * _monthly_cost().HOURS
    low, high = (
        _PUBLISHES[end] * by_use["sns"]["price"]
        + _QUEUE_REQUESTS[end] * by_use["sqs"]["price"]
        + _LCU_HOURS[end] * by_use["load_balancer"]["price"] * MILLION
        for end in (0, 1)
    )
    volumes = [most * 10 ** (number / _POINTS_PER_DECADE) for number in range(-_DECADES * _POINTS_PER_DECADE, 1)]
    return [Point(volume, monthly / volume * MILLION + low, monthly / volume * MILLION + high) for volume in volumes]


@cache
def _monthly_cost() -> ModuleType:
    """Load the filter of the role plan, by its path as Ansible does."""
    spec = importlib.util.spec_from_file_location(
        "monthly_cost", _ROOT / "collections/ansible_collections/orders/deploy/plugins/filter/monthly_cost.py"
    )
    if spec is None or spec.loader is None:
        raise ImportError(name="monthly_cost")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
