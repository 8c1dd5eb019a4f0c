"""A run directory as the comparison needs it: its figures, and the rows that they come from.

The figures of `run.json` are held against the rows: a run directory whose rows give other figures was damaged, or put together
from several runs.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loadtest.errors import LoadTestError
from loadtest.evaluate.figures import (
    Window,
    close_ledger,
    load_window,
    memory_figures,
    order_figures,
    queue_figures,
    request_figures,
)
from loadtest.record.documents import explain, read_document
from loadtest.record.measurements import Measurements, read_measurements
from loadtest.record.percentiles import percentiles
from loadtest.record.rows import LedgerEntry
from loadtest.record.run import Run, Sizing
from loadtest.record.run_directory import RunDirectory
from loadtest.record.scenario import Scenario, read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


PROJECT = "PROJECT"


class Resource(Struct, frozen=True):
    """One resource that existed when the run was made."""

    kind: str
    name: str
    attributes: dict[str, str | int | float | bool | None]
    """What is a table or a list in the API of AWS is text here, as JSON."""


class Resources(Struct, frozen=True):
    """All of them (`resources.json`)."""

    schema: Literal[1]
    resources: list[Resource]
    project: str | None = None
    """What their names begin with, and may be another in each environment; None where it was not noted."""

    @property
    def alike(self) -> list[Resource]:
        """All of them, with PROJECT wherever the project's name stands, so that they can be told to be the same."""
        if self.project is None:
            return self.resources
        name = re.compile(rf"(?<![\w.-]){re.escape(self.project)}(?!\w)")
        return [
            Resource(
                each.kind,
                name.sub(PROJECT, each.name),
                {
                    attribute: name.sub(PROJECT, value) if isinstance(value, str) else value
                    for attribute, value in each.attributes.items()
                },
            )
            for each in self.resources
        ]


class Service(Struct, frozen=True):
    """The size and the number of a service's tasks."""

    cpu: Annotated[int, Meta(ge=0)]
    """Units of 1/1024 vCPU."""
    memory: Annotated[int, Meta(ge=0)]
    """MiB."""
    desired_count: Annotated[int, Meta(ge=0)]


class System(Struct, frozen=True):
    """What a system is made of, as far as it has a price; in the words of the inventory."""

    services: dict[str, Service]
    cpu_architecture: Literal["X86_64", "ARM64"]
    spot_percent: Annotated[int, Meta(ge=0, le=100)]
    egress: Literal["nat", "endpoints", "public"]
    zones: Annotated[int, Meta(ge=1)]
    vpc_id: str
    interface_endpoints: Annotated[int, Meta(ge=0)]
    alarm_metrics: Annotated[int, Meta(ge=0)]


class _Settings(Struct, frozen=True):
    system: System | None = None


class Code(Struct, frozen=True):
    """Which code ran, as far as the run's versions tell."""

    commit: str = ""
    images: dict[str, str] | None = None
    """The image of each service; its tag or digest tells what is in it."""


class MeasuredRun(Struct, frozen=True):
    """One run, whole and consistent."""

    label: str
    """What the report calls it."""
    run: Run
    scenario: Scenario
    sizing: Sizing
    system: System | None
    code: Code
    rows: Measurements
    window: Window
    """The time in which requests could be started."""
    ledger: list[LedgerEntry]
    resources: list[Resource] | None


def labels_of(paths: Sequence[Path]) -> list[str]:
    """Name run directories by the last parts of their paths, two or as many more as tell them apart.

    So they are found again, and the report is the same on every computer.
    """
    parts = [path.resolve().parts for path in paths]
    depths = range(2, max(2, *map(len, parts)) + 1)
    depth = next(depth for depth in depths if len({own[-depth:] for own in parts}) == len(set(parts)))
    return ["/".join(own[-depth:]) for own in parts]


def read_run(path: Path, label: str) -> MeasuredRun:
    """Read one run directory, which the report calls `label`.

    Raises LoadTestError when a file is missing or damaged, when `run.json` does not fit the rows, and when a clock ran
    backwards.
    """
    run_directory = RunDirectory(path)
    run = read_document(run_directory.run, Run)
    scenario = read_scenario(run_directory.scenario)
    rows = read_measurements(run_directory)
    _check_clocks(run_directory, rows)
    window = load_window(rows.processes)
    if window is None:
        message = f"{path}: the generator-*.csv hold fewer than two samples"
        raise LoadTestError(message)
    sizing = _part(run_directory.run, "settings", run.settings, Sizing)
    ledger = close_ledger(rows.requests, rows.completions)
    _check_figures(
        run_directory.run,
        run,
        requests=request_figures(rows.requests, window, scenario),
        orders=order_figures(ledger, rows.samples),
        queue=queue_figures(ledger, rows.samples, sizing),
        end_to_end_seconds=percentiles(latencies(ledger)),
        memory=memory_figures(rows.memory, window),
    )
    return MeasuredRun(
        label=label,
        run=run,
        scenario=scenario,
        sizing=sizing,
        system=_part(run_directory.run, "settings", run.settings, _Settings).system,
        code=_part(run_directory.run, "versions", run.versions, Code),
        rows=rows,
        window=window,
        ledger=ledger,
        resources=read_document(run_directory.resources, Resources).alike if run_directory.resources.exists() else None,
    )


def latencies(ledger: Sequence[LedgerEntry]) -> list[float]:
    """Return the seconds from creation to first completion, of the orders that have one."""
    return [entry.latency_seconds for entry in ledger if entry.latency_seconds is not None]


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # any document
    """Yield each value within nested tables and lists, with its path, such as `requests.ms.p50`."""
    if isinstance(document, list):
        document = dict(enumerate(document))
    if not isinstance(document, dict):
        yield path, document
        return
    for key, value in document.items():
        yield from leaves(value, f"{path}.{key}" if path else str(key))


def _part[T](path: Path, name: str, values: dict[str, Any], kind: type[T]) -> T:
    """Read what is needed of a table whose other values are only kept; Ansible may have made text of numbers."""
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        message = f"{path}: {name}: {explain(error, values)}"
        raise LoadTestError(message) from error


def _check_figures(path: Path, run: Run, **figures: object) -> None:
    """Refuse a run.json with other figures than its own rows give."""
    written: Mapping[str, object] = dict(leaves(msgspec.to_builtins({name: getattr(run, name) for name in figures})))
    given = dict(leaves(msgspec.to_builtins(figures)))
    for name in {**given, **written}:
        if written.get(name) != given.get(name):
            message = f"{path}: {name} is {written.get(name)}, but the rows of the run directory give {given.get(name)}"
            raise LoadTestError(message)


def _check_clocks(run_directory: RunDirectory, rows: Measurements) -> None:
    """Refuse times that go backwards where they cannot: from sample to sample, and from creation to completion."""
    files = [(run_directory.queue, [sample.time for sample in rows.samples])]
    files += [(run_directory.memory, [sample.time for sample in rows.memory])]
    files += [
        (path, [sample.time for sample in samples])
        for path, samples in zip(run_directory.sample_files(), rows.processes, strict=True)
    ]
    for path, times in files:
        for line, (earlier, later) in enumerate(pairwise(times), start=3):
            if later < earlier:
                message = f"{path}: line {line}: the clock ran backwards, from {earlier} to {later}"
                raise LoadTestError(message)
    for line, completion in enumerate(rows.completions, start=2):
        if completion.completed_at < completion.created_at:
            message = (
                f"{run_directory.completions}: line {line}: completed at {completion.completed_at}, before it was created at "
                f"{completion.created_at}: the clocks of the services disagree"
            )
            raise LoadTestError(message)
