"""The processor on an emulator, and clients that only receive and delete."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from orders.processor.consumer import max_receive_calls
from orders.processor.settings import Settings
from tests.bench.measurements import System
from tests.bench.services.services import run_until_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.services.targets import Emulator

ORDERS = 3_000
MANY_ORDERS, MANY_WORKERS, PAYMENT_SECONDS = 10_000, 1_000, 3
MODEL_SECONDS = MANY_ORDERS / MANY_WORKERS * PAYMENT_SECONDS
# As a deployment has.
WORKERS = Settings(aws_region="", sqs_queue_url="").num_workers
# `raw` has as many loops as the processor has receive calls.
CONSUMERS = {
    "one loop": ["tests.bench.services.raw_consumer", "1"],
    "raw": ["tests.bench.services.raw_consumer", str(max_receive_calls(WORKERS))],
    "ours": ["tests.bench.services.processor"],
}
_MOST_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Drain:
    """What was measured while a queue was emptied. The calls are those for 1,000 orders."""

    seconds: float
    orders_per_second: float
    cpu_ms: float
    calls: dict[str, float]

    def __str__(self) -> str:
        """Show it as progress."""
        return f"{self.seconds:.1f} s, {self.orders_per_second:,.0f}/s, {self.cpu_ms:.3f} ms of CPU each"


def _drain(emulator: Emulator, command: Sequence[str], messages: int, **environment: str) -> Drain:
    module, *arguments = command
    emulator.fill(messages)
    output = run_until_empty(
        [module, str(messages), *arguments], {**emulator.environment(), **environment}, _MOST_SECONDS
    )
    measured = json.loads(output.splitlines()[-1])
    return Drain(
        seconds=measured["seconds"],
        orders_per_second=messages / measured["seconds"],
        cpu_ms=measured["cpu_seconds"] / messages * 1000,
        calls={name: calls / messages * 1000 for name, calls in measured["calls"].items()},
    )


@contextmanager
def consumer(emulator: Emulator, setting: str) -> Iterator[System]:
    """Run the processor, with payments that take no time, or a client that only receives and deletes."""
    step = partial(_drain, emulator, CONSUMERS[setting], ORDERS, PAYMENT_SECONDS="0")
    yield System(f"{emulator.name} {setting}", emulator.title, {str(ORDERS): step})


@contextmanager
def many_workers(emulator: Emulator) -> Iterator[System]:
    """Run the processor with many workers."""
    step = partial(
        _drain,
        emulator,
        CONSUMERS["ours"],
        MANY_ORDERS,
        PAYMENT_SECONDS=str(PAYMENT_SECONDS),
        NUM_WORKERS=str(MANY_WORKERS),
    )
    yield System(f"{emulator.name} ours", emulator.title, {str(MANY_ORDERS): step})
