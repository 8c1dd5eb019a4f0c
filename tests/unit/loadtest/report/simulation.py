"""How often intervals contain the true ratio, and how often a verdict is right: simulated comparisons.

As a program it prints the tables of docs/comparison.md:

    .venv/bin/python -m tests.unit.loadtest.report.simulation
"""

from __future__ import annotations

import math
import random
import sys
from itertools import product
from statistics import fmean
from typing import NamedTuple

from loadtest.report.intervals import Ratio, ratio

SEED = 2026
METHODS = ("in pairs", "without pairs")


class Found(NamedTuple):
    """Shares of the simulated comparisons, by method."""

    coverage: dict[str, float]
    """Whose interval contains the true ratio."""
    differs: dict[str, float]
    equal: dict[str, float]


def simulate(true: float, *, rounds: int, drift: float, noise: float, trials: int) -> Found:
    """Compare two environments whose true ratio is `true` in `trials` simulated experiments.

    All runs become slower by the share `drift` from round to round; each varies by the share `noise`, as a standard
    deviation of logarithms.
    """
    chance = random.Random(f"{SEED} {true} {rounds} {drift} {noise}")  # noqa: S311  # not for cryptography
    found: dict[str, list[Ratio]] = {method: [] for method in METHODS}
    for _ in range(trials):
        below, above = (
            {number: scale * math.exp(number * math.log1p(drift) + chance.gauss(0, noise)) for number in range(rounds)}
            for scale in (1.0, true)
        )
        found["in pairs"].append(ratio(above, below))
        found["without pairs"].append(ratio({-number - 1: value for number, value in above.items()}, below))
    return Found(
        {method: fmean(_contains(each, true) for each in own) for method, own in found.items()},
        {method: fmean(each.verdict == "differs" for each in own) for method, own in found.items()},
        {method: fmean(each.verdict == "equal" for each in own) for method, own in found.items()},
    )


def _contains(found: Ratio, true: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= true <= found.high


def family_error(*, figures: int, correlation: float, rounds: int, noise: float, trials: int) -> float:
    """Return the share of comparisons of equal environments in which a figure of a family differs.

    The figures of a run share a part of its noise: `correlation` of its variance.
    """
    chance = random.Random(f"{SEED} {figures} {correlation} {rounds} {noise}")  # noqa: S311  # not for cryptography
    shared, own = noise * math.sqrt(correlation), noise * math.sqrt(1 - correlation)
    wrong = 0
    for _ in range(trials):
        runs = [[chance.gauss(0, shared) for _ in range(rounds)] for _ in range(2)]
        wrong += any(
            ratio(*({n: math.exp(base + chance.gauss(0, own)) for n, base in enumerate(each)} for each in runs)).verdict
            == "differs"
            for _ in range(figures)
        )
    return wrong / trials


def _percent(*shares: float) -> str:
    return " / ".join(f"{100 * share:.1f}" for share in shares)


def main() -> None:
    """Print the tables, in per cent: of the comparisons in pairs, then of those without."""
    lines = ["| true ratio | rounds | drift | noise | contains the true ratio | differs | equal |", f"|{'---:|' * 7}"]
    for true, rounds, drift, noise in product((1.0, 1.25), (3, 5), (0.0, 0.25), (0.02, 0.05)):
        found = simulate(true, rounds=rounds, drift=drift, noise=noise, trials=5000)
        cells = [f"{true:g}", f"{rounds}", f"{100 * drift:g}", f"{100 * noise:g}"]
        cells += [_percent(*own.values()) for own in found]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| figures | rounds | noise | one of them differs |", f"|{'---:|' * 4}"]
    for figures, rounds, noise in product((1, 4, 8), (3, 5), (0.02, 0.05, 0.1)):
        error = family_error(figures=figures, correlation=0.5, rounds=rounds, noise=noise, trials=2000)
        lines.append(f"| {figures} | {rounds} | {100 * noise:g} | {_percent(error)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
