"""Evaluate a run directory: write `run.json` and `ledger.csv` from its other files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loadtest.errors import FileError
from loadtest.evaluate.figures import close_accounts
from loadtest.evaluate.gates import check_gates
from loadtest.record.documents import read_document
from loadtest.record.measurements import read_measurements
from loadtest.record.rows import LedgerEntry, write_rows
from loadtest.record.run import Context, Generator, LocustEntry, Run
from loadtest.record.run_directory import write_atomically
from loadtest.record.scenario import read_scenario

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory


def evaluate(run_directory: RunDirectory) -> Run:
    """Calculate the figures and gates of a run, write `run.json` and `ledger.csv`, and return the run.

    Raises FileError when a file is missing or damaged, or when the files are of different scenarios.
    """
    scenario = read_scenario(run_directory.scenario)
    context = read_document(run_directory.context, Context)
    generator = read_document(run_directory.generator, Generator)
    counted = read_document(run_directory.locust, list[LocustEntry]) if run_directory.locust.exists() else None
    if context.scenario != scenario.name:
        raise FileError(run_directory.context, f"scenario is {context.scenario!r}, but {scenario.name!r} was sent")
    rows = read_measurements(run_directory)
    accounts = close_accounts(rows, scenario, context.sizing)
    figures = accounts.figures
    run = Run(
        environment=context.environment,
        run_id=context.run_id,
        scenario=context.scenario,
        started_at=context.started_at,
        versions={**context.versions, "locust": generator.locust, "generator_python": generator.python},
        settings=context.settings,
        host=context.host,
        **msgspec.structs.asdict(figures),
        deployment=context.deployment,
        cost=context.cost,
        emulators=context.emulators,
        experiment=context.experiment,
        gates=check_gates(rows, accounts, scenario, context.sizing, counted),
    )
    write_rows(run_directory.ledger, LedgerEntry, accounts.ledger)
    write_atomically(run_directory.run, msgspec.json.format(msgspec.json.encode(run), indent=2).decode() + "\n")
    return run
