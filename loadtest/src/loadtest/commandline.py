"""What the commands share: argument types, options, and output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loadtest.record.run_directory import RunDirectory
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    type Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # argparse has no public name for it


def add_command(
    subparsers: Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], int],
    help: str,  # noqa: A002  # argparse's own word
    **options: Any,  # noqa: ANN401  # whatever argparse takes
) -> argparse.ArgumentParser:
    """Add a command that `run` carries out and returns the exit status of."""
    command = subparsers.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.", **options)
    command.set_defaults(run=run)
    return command


def run_directory_option() -> argparse.ArgumentParser:
    """Return a parent parser with the option for the run directory."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--run-directory", type=run_directory, required=True, metavar="DIRECTORY", help="directory of the run"
    )
    return parent


def run_directory(text: str) -> RunDirectory:
    """Return the run directory at a path."""
    return RunDirectory(Path(text))


def positive_number(text: str) -> float:
    """Return a finite number above 0; argparse puts this function's name into its message."""
    value = float(text)
    if not 0 < value < float("inf"):
        message = f"{text} is not a positive number"
        raise argparse.ArgumentTypeError(message)
    return value


def positive_integer(text: str) -> int:
    """Return a whole number from 1 on."""
    value = int(text)
    if value < 1:
        message = f"{text} is not 1 or more"
        raise argparse.ArgumentTypeError(message)
    return value


def json_object(text: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{text} is not a JSON object: {error}"
        raise argparse.ArgumentTypeError(message) from error


def show(text: str) -> None:
    """Write lines to standard output at once, as progress is of no use later; control characters become visible."""
    sys.stdout.write("".join(f"{printable(line)}\n" for line in text.removesuffix("\n").split("\n")))
    sys.stdout.flush()


def show_error(text: str) -> None:
    """Write an error to standard error, as one line and perhaps indented ones; control characters become visible."""
    sys.stderr.write("\n  ".join(map(printable, f"loadtest: {text}".split("\n  "))) + "\n")
