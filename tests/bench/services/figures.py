"""The figures of `bench.json`: one value for each round, by part, system, step and name."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench.tables import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

type Results = dict[str, dict[str, Any]]

# In all others, less is better.
MORE_IS_BETTER = {"orders_per_second"}
# These describe how a figure came about, and are neither good nor bad.
NOT_COMPARED = {"cores", "busy_cores", "failed", "retries"}
# Smaller ratios of two runs are no difference, such as memory that varies from one start to the next.
LEAST_CHANGE = 0.03


class Key(NamedTuple):
    """Names a figure, such as api-stub, "stub-0ms ours", 100, orders_per_second."""

    part: str
    system: str
    step: str
    name: str

    def __str__(self) -> str:
        """Show it in a table."""
        return f"{self.part}: {self.system}, {self.step}: {self.name}"


def values(results: Results, part: str, system: str, step: str, name: str) -> list[float]:
    """Return a figure of all rounds; a call by its name, such as "PublishBatch". Nothing if it was not measured."""
    for each in results.get(part, {}).get("systems", ()):
        if each["name"] == system:
            rounds = each["figures"].get(step, [])
            found = [_flat(measurement).get(name) for measurement in rounds]
            return [value for value in found if value is not None]
    return []


def _flat(measurement: dict[str, Any]) -> dict[str, float | None]:
    calls: dict[str, float] = measurement["calls"]
    return {name: value for name, value in measurement.items() if name != "calls"} | calls


def figures(results: Results) -> Iterator[tuple[Key, list[float]]]:
    """Return all figures."""
    for part, measured in results.items():
        for system in measured["systems"]:
            for step, rounds in system["figures"].items():
                for name in {name: None for measurement in rounds for name in _flat(measurement)}:
                    if found := values(results, part, system["name"], step, name):
                        yield Key(part, system["name"], step, name), found


class Change(NamedTuple):
    """What became of a figure."""

    key: Key
    before: Sequence[float]
    after: Sequence[float]

    @property
    def ratio(self) -> float | None:
        """The ratio of the medians; None if it was 0."""
        return median(self.after) / median(self.before) if median(self.before) else None

    @property
    def shown(self) -> bool:
        """Whether the rounds show a difference: no value of one run is between values of the other."""
        apart = max(self.before) < min(self.after) or max(self.after) < min(self.before)
        return apart and (self.ratio is None or abs(self.ratio - 1) >= LEAST_CHANGE)

    @property
    def better(self) -> bool:
        """Whether it is a gain, if it is a difference."""
        return (median(self.after) > median(self.before)) == (self.key.name in MORE_IS_BETTER)


def changes(before: Results, after: Results) -> list[Change]:
    """Compare the figures that both runs have."""
    earlier = dict(figures(before))
    return [
        Change(key, earlier[key], found)
        for key, found in figures(after)
        if key in earlier and key.name not in NOT_COMPARED
    ]


def number(value: float) -> str:
    """Format a figure with three digits, and larger ones as whole numbers."""
    if value >= 99.5 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.{2 if value >= 0.0995 and value < 9.995 else 1 if value >= 9.995 else 3}f}"


def shown(found: Sequence[float]) -> str:
    """Format the median and the range of a figure."""
    return spread(found, number)
