"""The command line: `python -m loadtest COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from loadtest.commandline import show_error
from loadtest.errors import LoadTestError
from loadtest.evaluate.commands import add_commands as add_evaluate_commands
from loadtest.generate.commands import add_commands as add_generate_commands
from loadtest.observe.commands import add_commands as add_observe_commands
from loadtest.report.commands import add_commands as add_report_commands
from loadtest.trial.commands import add_commands as add_trial_commands

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; an error is one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except LoadTestError as error:
        show_error(str(error))
        return error.exit_status
    except (OSError, UnicodeError, Boto3Error, BotoCoreError, ClientError) as error:
        _discard_output()
        show_error(_reason(error))
        return LoadTestError.exit_status


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror if error.filename is None else f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error)


def _discard_output() -> None:
    """Discard what standard output cannot take: Python would fail at exit, with a message and status of its own."""
    try:
        sys.stdout.flush()
    except (OSError, UnicodeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest",
        description="Load the order system, measure it, and compare environments. Region, endpoint and credentials "
        "come from the environment variables of the AWS SDK.",
        epilog="Exit status: 0 success; 1 a gate failed, a condition is true, or the queue did not drain in time; "
        "2 error.",
    )
    subparsers = parser.add_subparsers(
        required=True, title="commands, in the order of the data flow", metavar="COMMAND"
    )
    add_generate_commands(subparsers)
    add_observe_commands(subparsers)
    add_evaluate_commands(subparsers)
    add_report_commands(subparsers)
    add_trial_commands(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
