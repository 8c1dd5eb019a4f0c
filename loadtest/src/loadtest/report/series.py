"""Series for the charts, from raw rows: timelines of the runs, and distributions of their response times."""

from __future__ import annotations

import math
from bisect import bisect_right
from statistics import median
from typing import TYPE_CHECKING

from msgspec import Struct

from loadtest.record.percentiles import percentile
from loadtest.report.measured_run import model_completions
from loadtest.report.shape import Peaks, two_peaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from loadtest.report.measured_run import MeasuredRun

_BINS = 120
_PERCENTS = range(101)
TAIL = (500, 600, 700, 750, 800, 850, 900, 920, 940, 950, 960, 970, 980, 985, 990, 993, 995, 997, 998, 999)
"""The percentiles of the tail, in per mille."""


class Timeline(Struct, frozen=True):
    """The timeline of an environment: for each bin the median over its runs, None if no run has a sample."""

    offered: list[float]
    """Requests started per second."""
    accepted: list[float]
    """Orders accepted per second."""
    completed: list[float]
    """First completions of orders per second."""
    depth: list[float | None]
    """Depth of the queue at the end of the bin."""
    in_flight: list[float | None]
    backlog: list[float | None]
    """Orders created, but not completed, at the end of the bin: by the services' log, not by samples of the queue."""
    backlog_model: list[float | None]
    """The same by the queue model; None without its settings."""


class Timelines(Struct, frozen=True):
    """The timelines of all environments, from the start of the load."""

    bin_seconds: int
    environments: dict[str, Timeline]


class Distribution(Struct, frozen=True):
    """The response times of one run: the nearest-rank percentiles from 0 to 100, in ms."""

    environment: str
    run: str
    response_ms: list[float]
    tail_ms: list[float | None]
    """The percentiles of TAIL; None with fewer than ten values beyond it."""
    peaks: Peaks | None
    """The two groups of its values, if there are two."""


def timelines(environments: Mapping[str, Sequence[MeasuredRun]]) -> Timelines:
    """Return the timeline of each environment, in at most 120 bins of whole seconds."""
    spans = [_end(run) - run.window.start for runs in environments.values() for run in runs]
    width = max(1, math.ceil(max(spans, default=0) / _BINS))
    count = math.floor(max(spans, default=0) / width) + 1
    return Timelines(width, {name: _timeline(runs, width, count) for name, runs in environments.items()})


def distributions(environments: Mapping[str, Sequence[MeasuredRun]]) -> list[Distribution]:
    """Return the distribution of each run that has an answered request in the steady window."""
    found = []
    for name, runs in environments.items():
        for run in runs:
            inside = [each for each in run.rows.requests if run.steady is not None and each.begins_at in run.steady]
            times = sorted(request.waited_ms for request in inside if request.status)
            if times:
                ranks = [max(1, -(-len(times) * percent // 100)) for percent in _PERCENTS]
                tail = [percentile(times, mille, of=1000) for mille in TAIL]
                found.append(Distribution(name, run.label, [times[rank - 1] for rank in ranks], tail, two_peaks(times)))
    return found


def binned[T](items: Iterable[tuple[float, T]], start: float, width: float, count: int) -> list[list[T]]:
    """Return items by their unix times in `count` bins of `width` seconds from `start` on, without items outside."""
    bins: list[list[T]] = [[] for _ in range(count)]
    for time, item in items:
        number = math.floor((time - start) / width)
        if 0 <= number < count:
            bins[number].append(item)
    return bins


def medians(per_run: Iterable[Sequence[float | None]]) -> list[float | None]:
    """Return the median over the runs for each bin; None if no run has a value."""
    seen = [[value for value in values if value is not None] for values in zip(*per_run, strict=True)]
    return [median(values) if values else None for values in seen]


def _end(run: MeasuredRun) -> float:
    times = [sample.time for sample in run.rows.samples]
    times += [entry.completed_at for entry in run.ledger if entry.completed_at is not None]
    return max(times, default=run.window.end)


def _timeline(runs: Sequence[MeasuredRun], width: int, count: int) -> Timeline:
    def rate(times: Iterable[Iterable[float]]) -> list[float]:
        per_run = [_rates(own, run.window.start, width, count) for run, own in zip(runs, times, strict=True)]
        return [median(values) for values in zip(*per_run, strict=True)]

    def state(values: Iterable[Iterable[tuple[float, int]]]) -> list[float | None]:
        return medians(_last(own, run.window.start, width, count) for run, own in zip(runs, values, strict=True))

    def backlog(completions: Callable[[MeasuredRun], list[float] | None]) -> list[float | None]:
        return medians(_unfinished(run, completions(run), width, count) for run in runs)

    return Timeline(
        offered=rate([request.begins_at for request in run.rows.requests] for run in runs),
        accepted=rate([entry.accepted_at for entry in run.ledger] for run in runs),
        completed=rate([entry.completed_at for entry in run.ledger if entry.completed_at is not None] for run in runs),
        depth=state([(sample.time, sample.depth) for sample in run.rows.samples] for run in runs),
        in_flight=state([(sample.time, sample.in_flight) for sample in run.rows.samples] for run in runs),
        backlog=backlog(lambda run: [entry.completed_at for entry in run.ledger if entry.completed_at is not None]),
        backlog_model=backlog(model_completions),
    )


def _rates(times: Iterable[float], start: float, width: int, count: int) -> list[float]:
    return [len(each) / width for each in binned(((time, time) for time in times), start, width, count)]


def _unfinished(
    run: MeasuredRun, completions: Sequence[float] | None, width: int, count: int
) -> Sequence[float | None]:
    """Return the orders that are created, but not completed, at the end of each bin."""
    if completions is None:
        return [None] * count
    created = sorted(entry.created_at for entry in run.ledger)
    completed = sorted(completions)
    ends = [run.window.start + width * (number + 1) for number in range(count)]
    return [bisect_right(created, end) - bisect_right(completed, end) for end in ends]


def _last(samples: Iterable[tuple[float, int]], start: float, width: int, count: int) -> list[int | None]:
    return [each[-1] if each else None for each in binned(samples, start, width, count)]
