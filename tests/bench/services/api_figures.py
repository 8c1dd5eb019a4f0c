"""The figures of the API on one target."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from tests.bench.services.figures import Results, values
from tests.bench.services.targets import SLOW_MILLISECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOW, FAST = f"stub-{SLOW_MILLISECONDS}ms", "stub-0ms"
# In the order of the tables, each with the part that measures it.
TARGETS = {"localstack": "api-emulators", "ministack": "api-emulators", SLOW: "api-stub", FAST: "api-stub"}
# A core is full if the API uses this much of it.
FULL_CORE = 0.95


def measured_targets(results: Results) -> dict[str, str]:
    """Return the targets of the API that were measured, in the order of the tables, with their titles."""
    titles = {
        (part, system["name"].partition(" ")[0]): system["title"]
        for part, measured in results.items()
        for system in measured["systems"]
    }
    return {target: titles[part, target] for target, part in TARGETS.items() if (part, target) in titles}


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratios of two figures that were measured in the same rounds."""
    return [first / second for first, second in zip(over, under, strict=False)]


class ApiFigures:
    """The figures of the API on a target."""

    def __init__(self, results: Results, target: str) -> None:
        self._results = results
        self._target = target

    def get(self, setting: str, step: object, name: str) -> list[float]:
        return values(self._results, TARGETS[self._target], f"{self._target} {setting}", str(step), name)

    def floor(self) -> list[float]:
        """The median times of the target and of a health check, added up."""
        health, raw = self.get("ours", "health", "p50_ms"), self.get("raw", 1, "p50_ms")
        return [first + second for first, second in zip(health, raw, strict=False)]

    def above_floor(self) -> list[float]:
        return [own - floor for own, floor in zip(self.get("ours", 1, "p50_ms"), self.floor(), strict=False)]

    def worst_p99(self) -> list[float]:
        """The 99th percentile of the worst round, at 100 connections."""
        found = self.get("ours", 100, "p99_ms")
        return [max(found)] if found else []

    def of_raw(self) -> list[float]:
        """The share of what the target takes, at 100 connections."""
        return ratios(self.get("ours", 100, "orders_per_second"), self.get("raw", "full", "orders_per_second"))

    def of_single(self) -> list[float]:
        """The multiple of an API with one order in each call, at 100 connections."""
        return ratios(self.get("ours", 100, "orders_per_second"), self.get("single", 100, "orders_per_second"))

    @property
    def core_full(self) -> bool:
        """Whether the API's core is the limit at 100 connections."""
        cores = self.get("ours", 100, "cores")
        return bool(cores) and median(cores) >= FULL_CORE
