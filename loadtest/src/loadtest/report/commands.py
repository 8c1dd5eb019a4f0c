"""The command that compares runs: `compare`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.commandline import add_command, show
from loadtest.errors import LoadTestError
from loadtest.record.run_directory import write_atomically
from loadtest.report import html, markdown
from loadtest.report.build import build_report
from loadtest.report.report import encode
from loadtest.report.sections import sections

if TYPE_CHECKING:
    import argparse

    from loadtest.commandline import Subparsers

_TITLE = "Comparison of environments"

# Sets the time of generation, for reproducible files: https://reproducible-builds.org/specs/source-date-epoch/
_EPOCH = "SOURCE_DATE_EPOCH"


def add_commands(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    command = add_command(
        subparsers,
        "compare",
        _compare,
        "compare environments by their evaluated runs; writes comparison.html, comparison.md and comparison.json",
        epilog=f"Exit status: 0 when the report shows figures; 2 when no run is fit to be compared, or on an error. "
        f"{_EPOCH} sets the time of generation.",
    )
    command.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="directory of a run")
    command.add_argument("--output", type=Path, required=True, metavar="DIRECTORY", help="directory for the report")
    command.add_argument(
        "--reference", action="store_true", help="add what the reference system published for the same load"
    )


def _compare(options: argparse.Namespace) -> int:
    report = build_report(options.runs, generated_at=_now(), with_reference=options.reference)
    written = sections(report)
    options.output.mkdir(parents=True, exist_ok=True)
    files = {
        "comparison.html": html.render(_TITLE, report.generated_at, written),
        "comparison.md": markdown.render(_TITLE, report.generated_at, written),
        "comparison.json": encode(report),
    }
    for name, text in files.items():
        write_atomically(options.output / name, text)
    page = options.output / "comparison.html"
    if not report.environments:
        message = f"{report.verdict} The reasons are in {page}"
        raise LoadTestError(message)
    show(f"{report.verdict}\n{page}")
    return 0


def _now() -> datetime:
    epoch = os.environ.get(_EPOCH)
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        message = f"{_EPOCH} is {epoch!r}: a whole number of unix seconds is expected"
        raise LoadTestError(message) from error
