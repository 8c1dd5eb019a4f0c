"""Format figures as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED

if TYPE_CHECKING:
    from loadtest.report.intervals import Ratio

NO_DIFFERENCE = "~"

_HUNDRED, _TEN = 100, 10


def number(value: float | None) -> str:
    """Format a figure with three or more significant digits; None becomes a dash."""
    if value is None:
        return NOT_MEASURED
    if isinstance(value, int) or abs(value) >= _HUNDRED:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _TEN else f"{value:.2f}"


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


def interval(low: float | None, high: float | None) -> str:
    """Format an interval; empty without one."""
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def multiple(ratio: Ratio) -> str:
    """Format a ratio with its interval, if it has one; ~ stands before a ratio that shows no difference."""
    if ratio.ratio is None:
        return NOT_MEASURED
    text = f"{ratio.ratio:.3f}"
    if ratio.low is not None and ratio.high is not None:
        text += f" ({ratio.low:.3f} to {ratio.high:.3f})"
    return text if ratio.differs else f"{NO_DIFFERENCE} {text}"
