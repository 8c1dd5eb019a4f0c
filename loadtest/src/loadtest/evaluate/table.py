"""Render runs for the terminal: one run in a few lines, several as columns of a table, then the gates of each run."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadtest.record.run import Memory, Run

WIDTH = 100
NOT_MEASURED = "—"

_GAP = "  "


def render(runs: Sequence[Run]) -> str:
    """Return the figures and gates of one or several runs; only many runs make it wider than 100 characters."""
    lines = _lines(runs[0]) if len(runs) == 1 else _table(runs)
    for run in runs:
        lines += ["", f"Gates of {run.environment} / {run.scenario} / {run.run_id}"]
        lines += _gates(run)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(run: Run) -> list[str]:
    """Return a line per subject: its first figure, and the figures indented below it in a table."""
    figures = _figures(run)
    width = max(len(label) for label, _ in figures if not label.startswith(" "))
    lines: list[str] = []
    for label, value in figures:
        if label.startswith(" "):
            lines[-1] += f" · {label.strip()} {value}"
        else:
            lines.append(f"{label.ljust(width)}{_GAP}{value}")
    return lines


def _table(runs: Sequence[Run]) -> list[str]:
    """Return a row per figure, with a column per run."""
    columns = [_aligned([label for label, _ in _figures(runs[0])], str.ljust)]
    columns += [_aligned([value for _, value in _figures(run)], str.rjust) for run in runs]
    return [_GAP.join(cells) for cells in zip(*columns, strict=True)]


def _aligned(cells: list[str], align: Callable[[str, int], str]) -> list[str]:
    width = max(map(len, cells))
    return [align(cell, width) for cell in cells]


def _figures(run: Run) -> list[tuple[str, str]]:
    requests, orders, queue, latency = run.requests, run.orders, run.queue, run.end_to_end_seconds
    return [
        ("Environment", run.environment),
        ("Scenario", run.scenario),
        ("Run", run.run_id),
        ("Requests", _count(requests.count)),
        ("  failed", _count(requests.failures)),
        ("  answered per second", _decimal(requests.per_second)),
        ("  offered per second", _decimal(requests.offered_per_second)),
        ("Response, ms: mean", _decimal(requests.ms.mean)),
        ("  p50", _decimal(requests.ms.p50)),
        ("  p95", _decimal(requests.ms.p95)),
        ("  p99", _decimal(requests.ms.p99)),
        ("  max", _decimal(requests.ms.max)),
        ("  sent late by at most", _decimal(requests.late_max_ms)),
        ("Orders accepted", _count(orders.accepted)),
        ("  completed", _count(orders.completed)),
        ("  more than once", _count(orders.duplicated)),
        ("  dead-lettered", _count(orders.dead_lettered)),
        ("  lost", _count(orders.lost)),
        ("Queue, peak depth", _count(queue.peak_depth)),
        ("  drain, s", _decimal(queue.drain_seconds)),
        ("  drain by the queue model, s", _decimal(queue.model_drain_seconds)),
        ("End to end, s: p50", _decimal(latency.p50)),
        ("  p95", _decimal(latency.p95)),
        ("  p99", _decimal(latency.p99)),
        ("Memory at the start, MiB", _by_service(run, lambda memory: memory.start_mib)),
        ("  at the end", _by_service(run, lambda memory: memory.end_mib)),
        ("Deployment, s", _decimal(run.deployment.total_seconds if run.deployment else None)),
    ]


def _gates(run: Run) -> list[str]:
    width = max((len(gate.name) for gate in run.gates), default=0)
    lines = []
    for gate in run.gates:
        head = f"{'✓' if gate.passed else '✗'} {gate.name.ljust(width)}{_GAP}"
        lines += textwrap.wrap(gate.detail, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
    return lines


def _by_service(run: Run, figure: Callable[[Memory], float | None]) -> str:
    figures = [f"{service} {_decimal(figure(memory))}" for service, memory in (run.memory or {}).items()]
    return ", ".join(figures) or NOT_MEASURED


def _count(value: int | None) -> str:
    return NOT_MEASURED if value is None else f"{value:,}"


def _decimal(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:,.1f}"
