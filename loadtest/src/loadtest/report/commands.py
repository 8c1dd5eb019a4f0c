"""The command line: `python -m comparison RUN... --output DIRECTORY`. It exits with 2 and one line when it cannot."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.errors import LoadTestError
from loadtest.record.run_directory import write_atomically
from loadtest.report import html, markdown
from loadtest.report.build import compare
from loadtest.report.report import encode
from loadtest.report.sections import sections

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNUSABLE = 2

_TITLE = "Comparison of environments"

# The time of generation, where it is to be the same each time: https://reproducible-builds.org/specs/source-date-epoch/
_EPOCH = "SOURCE_DATE_EPOCH"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare runs, write the report, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        report = compare(options.runs, generated_at=_now(), with_reference=options.reference)
    except LoadTestError as error:
        sys.stderr.write(f"comparison: {error}\n")
        return _UNUSABLE
    written = sections(report)
    options.output.mkdir(parents=True, exist_ok=True)
    files = {
        "comparison.html": html.render(_TITLE, report.generated_at, written),
        "comparison.md": markdown.render(_TITLE, report.generated_at, written),
        "comparison.json": encode(report),
    }
    for name, text in files.items():
        write_atomically(options.output / name, text)
    sys.stdout.write(f"{report.verdict}\n{options.output / 'comparison.html'}\n")
    return 0


def _now() -> datetime:
    epoch = os.environ.get(_EPOCH)
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError) as error:
        message = f"{_EPOCH} is {epoch!r}: a whole number of unix seconds is expected"
        raise LoadTestError(message) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m comparison",
        description="Compare environments by their runs, and write comparison.html, comparison.md and comparison.json.",
        epilog=f"Exit status: 0 written, whatever could be compared; 2 not. {_EPOCH} sets the time of generation.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the run directory of a run")
    parser.add_argument("--output", type=Path, required=True, metavar="DIRECTORY", help="where the report is written")
    parser.add_argument(
        "--reference", action="store_true", help="add what the reference system published for the same load"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
