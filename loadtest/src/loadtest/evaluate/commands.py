"""The commands that show a run's figures: `evaluate` and `table`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.commandline import add_command, run_directory, run_directory_option, show, show_error
from loadtest.evaluate.evaluation import evaluate
from loadtest.evaluate.summary import summary
from loadtest.evaluate.table import render
from loadtest.record.documents import read_document
from loadtest.record.run import Run
from loadtest.record.scenario import read_scenario

if TYPE_CHECKING:
    import argparse

    from loadtest.commandline import Subparsers

_GATE_FAILED = 1


def add_commands(subparsers: Subparsers) -> None:
    """Add the commands to the command line."""
    add_command(
        subparsers,
        "evaluate",
        _evaluate,
        "calculate the figures of a run and check its gates; writes run.json and ledger.csv, and prints what happened",
        parents=[run_directory_option()],
    )
    command = add_command(subparsers, "table", _table, "print all figures and gates of evaluated runs, side by side")
    command.add_argument("run_directories", type=run_directory, nargs="+", metavar="RUN", help="directory of a run")


def _evaluate(options: argparse.Namespace) -> int:
    run = evaluate(options.run_directory)
    show("\n".join(summary(run)))
    failed = [gate.name for gate in run.gates if not gate.passed]
    if failed:
        show_error(f"failed: {', '.join(failed)}")
    return _GATE_FAILED if failed else 0


def _table(options: argparse.Namespace) -> int:
    runs = {each: read_document(each.run, Run) for each in options.run_directories}
    scenarios = {scenario.name: scenario.terms for scenario in (read_scenario(each.scenario) for each in runs)}
    terms = "".join(f"{name}: {terms}\n" for name, terms in scenarios.items())
    show(f"{terms}\n{render(list(runs.values()))}")
    return 0
