"""Measure the services: the API on stubs of SNS and on the emulators, the processor, and both as tasks.

Write results/bench.json, and show its tables.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from fnmatch import filter as matching
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.bench.environment import docker_version, environment, say
from tests.bench.measurements import BenchError, count_rounds, exit_if_failed, run_rounds
from tests.bench.services import wrk
from tests.bench.services.documents import comparison, documents
from tests.bench.services.parts import PARTS, Shared
from tests.bench.services.picture import picture
from tests.bench.systems import described
from tests.bench.tables import update
from tests.playbook import ROOT

if TYPE_CHECKING:
    from tests.bench.services.figures import Results

FILE = ROOT / "results/bench.json"
LOG = FILE.with_suffix(".log")
# For everything, once the images of the emulators and the base image are there.
SECONDS = 12 * 60
# To remove what ran.
REMOVAL_SECONDS = 30
_SAMPLE_SECONDS = 2


def measure(name: str, shared: Shared, rounds: int, until: float) -> dict[str, Any]:
    """Measure one part: as many rounds as end until a time of `time.monotonic`, and at least one."""
    part = PARTS[name]
    versions = {"Docker": docker_version(), "wrk": wrk.version()}
    others = f"{psutil.cpu_percent(_SAMPLE_SECONDS) / 100 * psutil.cpu_count():.1f}"
    facts = {"commit": described(ROOT)[0], **environment(**versions), "cores that others used at the start": others}
    with part.systems(shared) as systems:
        measured = run_rounds(systems, min(rounds, part.rounds or rounds), say, until)
    loads = [load for system in measured.systems for step in system["figures"].values() for load in step]
    failed, retries = (sum(load.get(name, 0) for load in loads) for name in ("failed", "retries"))
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "environment": facts,
        "rounds": count_rounds(measured.systems),
        "notes": [
            *([f"{failed:,} requests got an error or no response; they are in no rate."] * bool(failed)),
            *([f"{retries:,} times the publish of an order failed, and the API sent it again."] * bool(retries)),
            *([measured.failure] if measured.failure else []),
        ],
        "failure": measured.failure,
        "systems": measured.systems,
    }


def show(results: Results, page: Path | None) -> None:
    """Print the tables, and write them and the picture into a page and beside it."""
    for name, text in documents(results).items():
        print(f"## {name}\n\n{text}\n")  # noqa: T201  # the output of the program
        if page:
            page.write_text(update(page.read_text(), f"bench {name}", f"{text}\n"))
    if page and (drawn := picture(results)):
        page.with_suffix(".svg").write_text(drawn)


def main() -> None:
    """Measure, write the results, show the tables."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--part", default="*", help=f"{', '.join(PARTS)}, or a pattern; none: only show bench.json")
    parser.add_argument("--rounds", type=int, default=3, help="fewer if the time is up")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with an earlier bench.json")
    parser.add_argument("--update", type=Path, metavar="PAGE", help="write the tables and the picture, too")
    arguments = parser.parse_args()
    names = matching(PARTS, arguments.part)
    if not names and arguments.part != "none":
        parser.error(f"--part: there is no {arguments.part}, but {', '.join(PARTS)}, none")
    before = json.loads(arguments.against.read_text()) if arguments.against else None

    # As with Ctrl-C, what runs is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    FILE.parent.mkdir(exist_ok=True)
    results: Results = json.loads(FILE.read_text()) if FILE.exists() else {}
    end = time.monotonic() + SECONDS - REMOVAL_SECONDS
    with LOG.open("w") as log, redirect_stdout(log):
        try:
            with Shared() as shared:
                for number, name in enumerate(names):
                    began = time.monotonic()
                    share = PARTS[name].seconds / sum(PARTS[each].seconds for each in names[number:])
                    results[name] = measure(name, shared, arguments.rounds, began + (end - began) * share)
                    FILE.write_text(json.dumps(results, indent=2) + "\n")
                    say(f"{name}: {time.monotonic() - began:.0f} s")
        except BenchError as error:
            sys.exit(f"{error}. {LOG.relative_to(ROOT)} shows all output.")
        except KeyboardInterrupt:
            sys.exit("Interrupted. What ran is removed.")
    show(results, arguments.update)
    if before:
        print(f"## against {arguments.against}\n\n{comparison(before, results)}")  # noqa: T201  # the output of the program
    exit_if_failed(results[name] for name in names)


if __name__ == "__main__":
    main()
