"""The commands that write reports: `report` and `compare`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.commandline import add_command, positive_number, run_directory_option, show
from loadtest.errors import LoadTestError
from loadtest.record.run_directory import write_atomically
from loadtest.report import html, markdown
from loadtest.report.build import build_report, build_run_report
from loadtest.report.intervals import MARGIN
from loadtest.report.report import encode
from loadtest.report.sections import run_sections, sections

if TYPE_CHECKING:
    import argparse

    from loadtest.commandline import Subparsers

_TITLE = "Comparison of environments"

# Sets the time of generation, for reproducible files: https://reproducible-builds.org/specs/source-date-epoch/
_EPOCH = "SOURCE_DATE_EPOCH"


def add_commands(subparsers: Subparsers) -> None:
    """Add the commands to the command line."""
    add_command(
        subparsers,
        "report",
        _report,
        "show the figures of an evaluated run with charts; writes report.html",
        parents=[run_directory_option()],
    )
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
        "--margin",
        type=positive_number,
        default=100 * MARGIN,
        metavar="PERCENT",
        help="ratios that differ by no more than this count as equal (default: %(default)g)",
    )
    command.add_argument(
        "--reference", action="store_true", help="add what the reference system published for the same load"
    )


def _report(options: argparse.Namespace) -> int:
    report = build_run_report(options.run_directory.path)
    [run] = report.runs
    title = f"Load test of {run.environment}: {run.scenario}"
    write_atomically(options.run_directory.report, html.render(title, f"Run {run.run_id}", run_sections(report)))
    show(str(options.run_directory.report))
    return 0


def _compare(options: argparse.Namespace) -> int:
    now = _now()
    report = build_report(options.runs, generated_at=now, with_reference=options.reference, margin=options.margin / 100)
    generated = f"Generated at {now.isoformat()}"
    written = sections(report)
    options.output.mkdir(parents=True, exist_ok=True)
    files = {
        "comparison.html": html.render(_TITLE, generated, written),
        "comparison.md": markdown.render(_TITLE, generated, written),
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
