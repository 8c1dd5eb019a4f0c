"""Measure how long deployments take: of this checkout, of others, and of the reference's stack with Terraform."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from contextlib import redirect_stdout
from datetime import UTC, datetime
from fnmatch import filter as matching
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.release import __version__ as ansible_version

from tests.bench.environment import docker_version, environment, say
from tests.bench.measurements import STEPS, BenchError, System, count_rounds, exit_if_failed, run_rounds
from tests.bench.systems import DELAY_SECONDS, Terraform, on_emulators, on_moto
from tests.bench.tables import document, update
from tests.playbook import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

FILE = ROOT / "results/bench-deployment.json"
LOG = FILE.with_suffix(".log")
SCOPE = (
    "Terraform's stack is smaller: no images, no dead letters, no alarms, no dashboard. Its MiniStack runs already, so "
    "no emulator is started; its tasks have no image, so no container is; and no order is sent. Its `--check` is "
    "`terraform plan`."
)


def measure(name: str, checkouts: Sequence[Path], rounds: int, directory: Path) -> dict[str, Any]:
    """Measure one part."""
    systems: list[AbstractContextManager[System]] = []
    notes = []
    for number, root in enumerate(checkouts):
        own = directory / str(number)
        own.mkdir()
        systems.append(on_emulators(root, own) if name == "local" else on_moto(root, own))
    if name == "moto":
        notes.append(f"Each call of AWS takes {DELAY_SECONDS * 1000:.0f} ms longer.")
    elif shutil.which("terraform") is None:
        notes.append("Without Terraform: there is none on the PATH.")
    else:
        own = directory / "terraform"
        own.mkdir()
        try:
            systems.append(Terraform(own).on_ministack())
            notes.append(SCOPE)
        except BenchError as error:
            notes.append(f"Without Terraform: {error}.")
    for note in notes:
        say(note)
    measured = run_rounds(systems, rounds, say)
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "environment": environment(Docker=docker_version(), **{"ansible-core": ansible_version}),
        "rounds": count_rounds(measured.systems),
        "notes": notes + ([measured.failure] if measured.failure else []),
        "failure": measured.failure,
        "systems": measured.systems,
    }


def main() -> None:
    """Measure, write the results, show the tables."""
    parser = argparse.ArgumentParser(prog="make bench-deployment", description=__doc__)
    parser.add_argument("--part", default="*", help="local (inventories/localstack), or moto (inventories/aws)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--checkout",
        type=Path,
        action="append",
        metavar="DIRECTORY",
        help="a checkout to measure, once or several times; default: this",
    )
    parser.add_argument("--update", type=Path, metavar="PAGE", help="write the tables into this page, too")
    arguments = parser.parse_args()
    names = matching(STEPS, arguments.part)
    if not names:
        parser.error(f"--part: there is no {arguments.part}, but {', '.join(STEPS)}")
    checkouts = [path.resolve() for path in arguments.checkout or [ROOT]]

    # As with Ctrl-C, what was created is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    FILE.parent.mkdir(exist_ok=True)
    results = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in names:
        with tempfile.TemporaryDirectory() as directory, LOG.open("w") as log, redirect_stdout(log):
            try:
                results[name] = measure(name, checkouts, arguments.rounds, Path(directory))
            except BenchError as error:
                sys.exit(f"{error}. {LOG.relative_to(ROOT)} shows all output.")
            except KeyboardInterrupt:
                sys.exit("Interrupted. What was deployed is removed.")
        FILE.write_text(json.dumps(results, indent=2) + "\n")
        text = document(name, results[name])
        print(f"## {name}\n\n{text}")  # noqa: T201  # the output of the program
        if arguments.update:
            arguments.update.write_text(update(arguments.update.read_text(), f"bench-deployment {name}", text))
    exit_if_failed(results[name] for name in names)


if __name__ == "__main__":
    main()
