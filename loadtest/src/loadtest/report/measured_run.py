"""Read an evaluated run directory: its figures, and the rows behind them.

The figures of `run.json` are checked against the rows. If they differ, files are damaged or come from several runs.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loadtest.errors import FileError
from loadtest.evaluate.figures import RunFigures, Window, close_accounts
from loadtest.evaluate.queue_model import completion_times
from loadtest.record.documents import explain, read_document
from loadtest.record.measurements import Measurements, read_measurements
from loadtest.record.rows import LedgerEntry
from loadtest.record.run import SCHEMA, Run, Sizing
from loadtest.record.run_directory import RunDirectory
from loadtest.record.scenario import Scenario, read_scenario
from loadtest.report.accounts import account_ids, hide_accounts
from loadtest.report.behaviours import Behaviour, read_behaviours
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path


PROJECT = "PROJECT"

_UNCHANGED = (
    *("requests.count", "requests.failures", "requests.missed", "orders.accepted", "orders.completed"),
    *("orders.duplicated", "queue.peak_depth", "end_to_end_seconds", "memory"),
)
"""The figures that mean the same in every schema."""


class Resource(Struct, frozen=True):
    """A resource that existed during the run."""

    kind: str
    name: str
    attributes: dict[str, str | int | float | bool | None]
    """Maps and lists are JSON texts."""


class Resources(Struct, frozen=True):
    """All resources (`resources.json`)."""

    schema: Literal[1]
    resources: Annotated[list[Resource], Meta(max_length=5000)]
    project: str | None = None
    """The prefix of their names, which can differ between environments; None where it was not recorded."""

    @property
    def normalised(self) -> list[Resource]:
        """The resources with PROJECT in place of the project's name, so that environments can be compared."""
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


class Code(Struct, frozen=True):
    """The code that ran, as recorded among the run's versions."""

    commit: str = ""
    images: dict[str, str] | None = None
    """The image of each service, with a tag or digest that identifies its content."""


class MeasuredRun(Struct, frozen=True):
    """A run whose files are complete and consistent."""

    label: str
    """Its name in the report."""
    run: Run
    scenario: Scenario
    sizing: Sizing
    code: Code
    rows: Measurements
    window: Window
    """The period of the load."""
    steady: Window | None
    """The part of it in which all users are running."""
    ledger: list[LedgerEntry]
    resources: list[Resource] | None
    behaviours: list[Behaviour] | None
    """Those of AWS that were probed in its environment."""


def labels_of(paths: Sequence[Path]) -> list[str]:
    """Return a label for each run directory: the last parts of its path, two or more until the labels are unique.

    Absolute paths would make the report differ between computers. Control characters in a name become visible.
    """
    parts = [path.resolve().parts for path in paths]
    depths = range(2, max(2, *map(len, parts)) + 1)
    depth = next(depth for depth in depths if len({own[-depth:] for own in parts}) == len(set(parts)))
    return [printable("/".join(own[-depth:])) for own in parts]


def read_run(path: Path, label: str) -> MeasuredRun:
    """Read a run directory.

    The figures of a run of an earlier schema are calculated anew from its rows, as far as they are there.

    Raises FileError when a file is missing or damaged, when `run.json` does not match the rows, or when a clock ran
    backwards.
    """
    run_directory = RunDirectory(path)
    run = read_document(run_directory.run, Run)
    scenario = read_scenario(run_directory.scenario)
    rows = read_measurements(run_directory)
    _check_clocks(run_directory, rows)
    sizing = _part(run_directory.run, "settings", run.settings, Sizing)
    closed = close_accounts(rows, scenario, sizing)
    if closed.window is None:
        raise FileError(path, "the generator-*.csv have fewer than two samples")
    _check_figures(run_directory.run, run, closed.figures)
    run = msgspec.structs.replace(run, **msgspec.structs.asdict(closed.figures))
    accounts = account_ids(run_directory)
    run = _without_accounts(run, accounts)
    return MeasuredRun(
        label=label,
        run=run,
        scenario=msgspec.structs.replace(scenario, description=hide_accounts(scenario.description, accounts)),
        sizing=sizing,
        code=_part(run_directory.run, "versions", run.versions, Code),
        rows=rows,
        window=closed.window,
        steady=closed.steady,
        ledger=closed.ledger,
        resources=(
            _without_accounts(read_document(run_directory.resources, Resources), accounts).normalised
            if run_directory.resources.exists()
            else None
        ),
        behaviours=(
            [_without_accounts(each, accounts) for each in probed]
            if (probed := read_behaviours(run_directory)) is not None
            else None
        ),
    )


def latencies(ledger: Sequence[LedgerEntry]) -> list[float]:
    """Return the seconds from creation to first completion of each completed order."""
    return [entry.latency_seconds for entry in ledger if entry.latency_seconds is not None]


def model_completions(run: MeasuredRun) -> list[float] | None:
    """Return when the orders of a run would be completed by the queue model; None if its settings are unknown."""
    workers, payment_seconds = run.sizing.workers, run.sizing.payment_seconds
    if workers is None or payment_seconds is None:
        return None
    arrivals = (entry.created_at for entry in run.ledger)
    return completion_times(arrivals, workers=workers, payment_seconds=payment_seconds)


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # any JSON document
    """Yield each value in nested maps and lists, with its path, such as `requests.ms.p50`."""
    if isinstance(document, list):
        document = dict(enumerate(document))
    if not isinstance(document, dict):
        yield path, document
        return
    for key, value in document.items():
        yield from leaves(value, f"{path}.{key}" if path else str(key))


def _without_accounts[T: Struct](document: T, accounts: AbstractSet[str]) -> T:
    return msgspec.convert(hide_accounts(msgspec.to_builtins(document), accounts), type(document))


def _part[T](path: Path, name: str, values: dict[str, Any], kind: type[T]) -> T:
    """Convert the known fields of a map and ignore the others; Ansible may have turned numbers into text."""
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise FileError(path, f"{name}: {explain(error, values)}") from error


def _check_figures(path: Path, run: Run, figures: RunFigures) -> None:
    """Check that run.json has the figures that its rows give; of an earlier schema, those that mean the same today."""
    given = dict(leaves(msgspec.to_builtins(figures)))
    written: Mapping[str, object] = dict(
        leaves(msgspec.to_builtins({name: getattr(run, name) for name in RunFigures.__struct_fields__}))
    )
    for name in {**given, **written}:
        defined = run.schema == SCHEMA or name.startswith(_UNCHANGED)
        if defined and written.get(name) != given.get(name):
            raise FileError(path, f"{name} is {written.get(name)}, but the rows give {given.get(name)}")


def _check_clocks(run_directory: RunDirectory, rows: Measurements) -> None:
    """Check that times ascend from sample to sample, and from creation to completion."""
    files = [(run_directory.queue, [sample.time for sample in rows.samples])]
    files += [(run_directory.memory, [sample.time for sample in rows.memory])]
    files += [
        (path, [sample.time for sample in samples])
        for path, samples in zip(run_directory.sample_files(), rows.processes, strict=True)
    ]
    for path, times in files:
        for line, (earlier, later) in enumerate(pairwise(times), start=3):
            if later < earlier:
                raise FileError(path, f"line {line}: the clock ran backwards, from {earlier} to {later}")
    for line, completion in enumerate(rows.completions, start=2):
        if completion.completed_at < completion.created_at:
            reason = (
                f"line {line}: completed at {completion.completed_at}, before its creation at "
                f"{completion.created_at}: the services' clocks differ"
            )
            raise FileError(run_directory.completions, reason)
