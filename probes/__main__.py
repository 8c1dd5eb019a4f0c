"""The command line: `python -m probes COMMAND`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from probes import results
from probes.catalogue import all_probes, select
from probes.environment import Environment
from probes.expected import ATTEMPTS, unexpected
from probes.probe import Outcome
from probes.runner import run
from probes.table import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.probe import Probe
    from probes.results import Result, Results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that everything is removed
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _show(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the output of the program


def _report(result: Result) -> None:
    _show(f"{result.outcome:11}  {result.name}  ({result.seconds:.0f} s){f': {result.seen}' if result.seen else ''}")


def summary(results: Results) -> str:
    """Return the counts of the outcomes, as a sentence."""
    counts = ", ".join(f"{results.count(outcome)} {outcome}" for outcome in Outcome)
    return f"{results.environment}: {len(results.results)} probes in {results.seconds:.0f} s: {counts}"


def _run(options: argparse.Namespace) -> int:
    expected = results.read(options.expected) if options.expected else None
    found = _attempt(options, select(options.only))
    if expected:
        for _ in range(ATTEMPTS - 1):
            if names := unexpected(expected, found):
                _show(f"not as expected, so probed again: {', '.join(names)}")
                found = found.replaced_by(_attempt(options, select(names)))
    found.write(options.output)
    _show(summary(found))
    for each in found.left:
        _show(f"not removed: {each}")
    surprises = unexpected(expected, found) if expected else []
    for name in surprises:
        result = found.by_name()[name]
        _show(f"not as expected, {ATTEMPTS} times: {result.outcome}: {name}: {result.seen}")
    return 1 if found.left or surprises else 0


def _attempt(options: argparse.Namespace, probes: Sequence[Probe]) -> Results:
    environment = Environment(
        run=f"orders-probe-{secrets.token_hex(3)}",
        settle_seconds=options.settle_seconds,
        load_balancer_url=options.load_balancer_url,
        image=options.image,
        registry=options.registry,
        task_environment=options.task_environment,
        emulated="AWS_ENDPOINT_URL" in os.environ,
    )
    return run(probes, environment, options.environment, options.versions, _report)


def _table(options: argparse.Namespace) -> int:
    _show(render([results.read(file) for file in options.results]).removesuffix("\n"))
    return 0


def _list(_: argparse.Namespace) -> int:
    for each in all_probes():
        _show(f"{each.name}: {each.behaviour}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m probes",
        description="Probe how an environment behaves beside AWS. Region, endpoint and credentials come from the "
        "environment variables of the AWS SDK.",
    )
    commands = parser.add_subparsers(required=True, title="commands", metavar="COMMAND")
    command = commands.add_parser("run", help="probe an environment")
    command.set_defaults(run=_run)
    command.add_argument("--environment", required=True, metavar="NAME", help="what the results are of")
    command.add_argument("--output", required=True, type=Path, metavar="FILE", help="where the results go")
    command.add_argument("--versions", default={}, type=json.loads, metavar="JSON", help="of what is probed")
    command.add_argument("--only", nargs="*", default=[], metavar="PATTERN", help="names of probes; * and ? match any")
    command.add_argument("--settle-seconds", default=2.0, type=float, help="how long a change may take to show")
    command.add_argument("--load-balancer-url", default="", metavar="URL", help="with {name} or {dns_name}")
    command.add_argument("--image", default="", help="the image of the probes' tasks, as the Docker Engine here has it")
    command.add_argument("--registry", default="", help="where images are pushed, if not to ECR's own address")
    command.add_argument("--task-environment", default={}, type=json.loads, metavar="JSON", help="variables of tasks")
    command.add_argument("--expected", type=Path, metavar="FILE", help="the results that are expected")
    command = commands.add_parser("table", help="print the results of environments side by side, as Markdown")
    command.set_defaults(run=_table)
    command.add_argument("results", type=Path, nargs="+", metavar="RESULTS", help="results of an environment")
    command = commands.add_parser("list", help="list all probes")
    command.set_defaults(run=_list)
    return parser


if __name__ == "__main__":
    sys.exit(main())
