"""The commands that write reports: `report` and `compare`."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from loadtest.commandline import add_command, positive_number, run_directory_option, show, show_error
from loadtest.errors import LoadTestError
from loadtest.record.run_directory import write_atomically
from loadtest.report import html, markdown
from loadtest.report.build import build_report, build_run_report
from loadtest.report.intervals import MARGIN
from loadtest.report.measured_run import labels_of
from loadtest.report.publish import ARCHIVE, unpack, write_archive
from loadtest.report.report import encode
from loadtest.report.sections import run_sections, sections
from loadtest.report.sections.comment import comment_blocks
from loadtest.report.thresholds import Threshold, allowed, parse, read

if TYPE_CHECKING:
    from loadtest.commandline import Subparsers
    from loadtest.report.report import Report

_THRESHOLD_FAILED = 1

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
        epilog="Exit status: 0 when the report shows figures; 1 when a condition of --fail-if is true, or cannot be "
        f"checked; 2 when no run is fit to be compared, or on an error. {_EPOCH} sets the time of generation. "
        f"{allowed()}",
    )
    command.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="directory of a run")
    command.add_argument("--output", type=Path, metavar="DIRECTORY", help="directory for the report; without, no file")
    command.add_argument(
        "--format",
        choices=["text", "markdown"],
        default="text",
        help="what is printed: the verdict and the name of the page, or a comment for a pull request (default: text)",
    )
    command.add_argument(
        "--fail-if",
        type=_thresholds,
        action="extend",
        default=[],
        metavar="CONDITION",
        help="fail if this is true, such as 'p99 ratio > 1.2'; @FILE has one a line; can be given several times",
    )
    _add_publish(subparsers)
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


def _add_publish(subparsers: Subparsers) -> None:
    command = add_command(
        subparsers,
        "publish",
        _publish,
        "write a comparison with its rows, from which its figures can be calculated again; writes comparison.md, "
        f"comparison.json and {ARCHIVE}",
        epilog=f"{_EPOCH} sets the time of generation. To compare published runs again: tar -xJf {ARCHIVE}.",
    )
    command.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="directory of a run on emulators")
    command.add_argument("--output", type=Path, required=True, metavar="DIRECTORY", help="directory to publish in")


def _publish(options: argparse.Namespace) -> int:
    now = _now()
    options.output.mkdir(parents=True, exist_ok=True)
    archive = options.output / ARCHIVE
    write_archive(options.runs, archive)
    with TemporaryDirectory() as directory:
        runs = unpack(archive, Path(directory))
        order = labels_of(options.runs)
        runs.sort(key=lambda run: order.index(str(run.relative_to(directory))))
        report = build_report(runs, generated_at=now, with_reference=False)
    for name, text in _documents(report, now).items():
        write_atomically(options.output / name, text)
    size = sum(file.stat().st_size for file in options.output.iterdir())
    show(f"{report.verdict}\n{options.output}: {size:,} bytes")
    return 0


def _documents(report: Report, now: datetime) -> dict[str, str]:
    """Return the files of a comparison that are text or data."""
    generated = f"Generated at {now.isoformat()}"
    return {
        "comparison.md": markdown.render(_title(report), generated, sections(report)),
        "comparison.json": encode(report),
    }


def _report(options: argparse.Namespace) -> int:
    report = build_run_report(options.run_directory.path)
    [run] = report.runs
    title, subtitle = f"Load test of {run.environment}: {run.scenario}", f"Run {run.run_id}. {_terms(report)}"
    page = html.render(title, subtitle, run_sections(report), figures=encode(report, indent=-1))
    write_atomically(options.run_directory.report, page)
    show(str(options.run_directory.report))
    return 0


def _thresholds(text: str) -> list[Threshold]:
    """Return the conditions of an option: of a file, if it begins with @."""
    try:
        return read(Path(text[1:])) if text.startswith("@") else [parse(text)]
    except LoadTestError as error:
        raise argparse.ArgumentTypeError(str(error).replace("%", "%%")) from error


def _compare(options: argparse.Namespace) -> int:
    now = _now()
    report = build_report(
        options.runs,
        generated_at=now,
        with_reference=options.reference,
        margin=options.margin / 100,
        fail_if=options.fail_if,
    )
    title, page = _title(report), None
    if options.output:
        page = options.output / "comparison.html"
        subtitle = f"{_terms(report)}Generated at {now.isoformat()}"
        rendered = html.render(title, subtitle, sections(report), figures=encode(report, indent=-1))
        options.output.mkdir(parents=True, exist_ok=True)
        for name, text in {"comparison.html": rendered, **_documents(report, now)}.items():
            write_atomically(options.output / name, text)
    if not report.environments:
        reasons = f"The reasons are in {page}" if page else "The reasons are in the report: give --output"
        message = f"{report.verdict} {reasons}"
        raise LoadTestError(message)
    if options.format == "markdown":
        show(markdown.comment(title, comment_blocks(report)))
    else:
        checked = [f"{'✗' if each.failed else '✓'} {each.expression}: {each.detail}" for each in report.thresholds]
        show("\n".join([report.verdict, *checked, *([str(page)] if page else [])]))
    failed = [each.expression for each in report.thresholds if each.failed]
    if failed:
        show_error(f"failed: {', '.join(failed)}")
    return _THRESHOLD_FAILED if failed else 0


def _title(report: Report) -> str:
    """Return the scenario, as all compared runs have the same."""
    if report.figures is None:
        return "Nothing can be compared"
    scenario = report.figures.scenario
    return f"{scenario.name}: {scenario.description}"


def _terms(report: Report) -> str:
    return f"{report.figures.scenario.terms[:1].upper()}{report.figures.scenario.terms[1:]}. " if report.figures else ""


def _now() -> datetime:
    epoch = os.environ.get(_EPOCH)
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        message = f"{_EPOCH} is {epoch!r}: a whole number of unix seconds is expected"
        raise LoadTestError(message) from error
