"""Format figures as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED

if TYPE_CHECKING:
    from loadtest.report.intervals import Ratio

_HUNDRED, _TEN = 100, 10
_MOST_DECIMALS = 3


def number(value: float | None, decimals: int = 0) -> str:
    """Format a figure with three or more significant digits, and at least `decimals`; None becomes a dash."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.{max(decimals, _decimals(value))}f}"


def _decimals(value: float) -> int:
    return 0 if abs(value) >= _HUNDRED else 1 if abs(value) >= _TEN else 2


def counted(count: int, noun: str) -> str:
    """Format a count with its noun, such as "1 run" or "2 runs"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def dollars(value: float | None) -> str:
    """Format an amount of US dollars: two decimals, below $1 three significant digits."""
    if value is None:
        return NOT_MEASURED
    return f"${value:,.2f}" if value >= 1 else f"${value:.3g}"


def percent(share: float | None) -> str:
    """Format a share as a percentage."""
    return NOT_MEASURED if share is None else f"{_HUNDRED * share:.2g} %"


def within(centre: float | None, low: float | None, high: float | None) -> str:
    """Format a figure with its interval, if it has one, in as many digits as tell its bounds apart, but at most 3."""
    if centre is None or low is None or high is None:
        return number(centre)
    decimals = 0
    while number(low, decimals) == number(high, decimals) and decimals < _MOST_DECIMALS:
        decimals += 1
    return f"{number(centre, decimals)} ({number(low, decimals)} to {number(high, decimals)})"


def multiple(ratio: Ratio) -> str:
    """Format a ratio with its interval, if it has one, and its verdict; a dash if there is no ratio."""
    if ratio.ratio is None:
        return NOT_MEASURED
    text = f"{ratio.ratio:.3f}"
    if ratio.low is not None and ratio.high is not None:
        text += f" ({ratio.low:.3f} to {ratio.high:.3f})"
    return f"{text} {ratio.verdict}"
