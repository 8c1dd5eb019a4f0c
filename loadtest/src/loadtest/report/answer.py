"""The answer of a comparison in one sentence: how fast the environments answer, and how fast their backlogs drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.report.intervals import Ratio
    from loadtest.report.report import Figures

_MOST_PAIRS = 3


def answer(figures: Figures, margin: float) -> str:
    """Return the sentence on each pair of environments, of which it names three at most; empty without a pair."""
    rows = {row.key: row for row in figures.rows}
    found = []
    for speed, backlog in list(zip(rows["response_p50"].ratios, rows["drain"].ratios, strict=True))[:_MOST_PAIRS]:
        pair = f"{speed.numerator} {_speed(speed.ratio, speed.denominator)}"
        found.append(f"{pair}, and {_backlog(backlog.ratio)}" if backlog.ratio.ratio is not None else pair)
    if not found:
        return ""
    equal = any(
        pair.ratio.verdict == "equal" for key in ("response_p50", "drain") for pair in rows[key].ratios[:_MOST_PAIRS]
    )
    return "; ".join(found) + (f" (equal within {100 * margin:g} %)." if equal else ".")


def _speed(ratio: Ratio, other: str) -> str:
    if ratio.verdict == "differs" and ratio.ratio is not None:
        return f"answers in {ratio.ratio:.2f} times the time of {other} (median)"
    if ratio.verdict == "equal":
        return f"answers as fast as {other} (median)"
    return f"may answer faster or slower than {other}: these runs cannot tell"


def _backlog(ratio: Ratio) -> str:
    if ratio.verdict == "differs" and ratio.ratio is not None:
        return f"its backlog drains in {ratio.ratio:.2f} times the time"
    if ratio.verdict == "equal":
        return "its backlog drains in the same time"
    return "whether its backlog drains faster these runs cannot tell"
