"""Response times and memory during the load, in windows that are long enough for their own percentiles."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.record.percentiles import percentile
from loadtest.report.series import binned, medians

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.measured_run import MeasuredRun

# In seconds; each process logs its memory once in ten.
_LENGTHS = (10, 20, 30, 60, 120, 300, 600, 900, 1800)
_FEWEST, _MOST = 4, 120
# Not all windows need a percentile: else a stall would make the windows so long that they hide it.
_SHARE_WITH_PERCENTILE = 0.75


class WindowMedians(Struct, frozen=True):
    """An environment's medians: for each window the median over its runs, None if no run has a value."""

    response_p50_ms: list[float | None]
    response_p95_ms: list[float | None]
    memory_mib: dict[str, list[float | None]]
    """By service: the resident memory of its largest process."""


class Windows(Struct, frozen=True):
    """The medians of all environments, in windows from the start of the load."""

    window_seconds: int
    environments: dict[str, WindowMedians]


def medians_by_window(environments: Mapping[str, Sequence[MeasuredRun]], services: Sequence[str]) -> Windows | None:
    """Return response times and the memory of `services` by window; None if the load is too short for four windows.

    Windows have the shortest length with which three in four have a p95, or else a median.
    """
    runs = [run for own in environments.values() for run in own]
    seconds = min(run.window.seconds for run in runs)
    lengths = [length for length in _LENGTHS if _FEWEST <= seconds // length <= _MOST]
    for percent in (95, 50):
        for length in lengths:
            count = int(seconds // length)
            found = [percentile(window, percent) for run in runs for window in _answers(run, length, count)]
            if fmean(value is not None for value in found) >= _SHARE_WITH_PERCENTILE:
                return Windows(
                    length, {name: _medians(own, services, length, count) for name, own in environments.items()}
                )
    return None


def _medians(runs: Sequence[MeasuredRun], services: Sequence[str], length: int, count: int) -> WindowMedians:
    answers = [_answers(run, length, count) for run in runs]
    return WindowMedians(
        response_p50_ms=medians([percentile(window, 50) for window in own] for own in answers),
        response_p95_ms=medians([percentile(window, 95) for window in own] for own in answers),
        memory_mib={service: medians(_memory(run, service, length, count) for run in runs) for service in services},
    )


def _answers(run: MeasuredRun, length: int, count: int) -> list[list[float]]:
    """Return the response times of the requests that were due in each window, ascending."""
    answered = ((request.begins_at, request.waited_ms) for request in run.rows.requests if request.status)
    return [sorted(window) for window in binned(answered, run.window.start, length, count)]


def _memory(run: MeasuredRun, service: str, length: int, count: int) -> list[float | None]:
    own = ((sample.time, sample.memory_mib) for sample in run.rows.memory if sample.service == service)
    return [max(window, default=None) for window in binned(own, run.window.start, length, count)]
