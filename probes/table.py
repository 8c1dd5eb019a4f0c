"""The results of several environments side by side, as Markdown."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from probes.probe import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.results import Result, Results

SERVICES = {
    "alb": "Application Load Balancer",
    "cloudwatch": "CloudWatch",
    "ec2": "EC2",
    "ecr": "ECR",
    "ecs": "ECS",
    "iam": "IAM and STS",
    "logs": "CloudWatch Logs",
    "sns": "SNS",
    "sqs": "SQS",
    "tagging": "Resource Groups Tagging API",
}
"""The titles of the modules and packages of `behaviours`."""
_INTRODUCTION = """\
Made by `python -m probes table` from the results in `probes/expected/`. An empty cell is as AWS. Behaviours that this
system relies on come first, with the part that does. Numbers are issues and pull requests of the emulator."""
_LONGEST_CELL = 140
TRACKERS: dict[str, dict[str, list[str]]] = yaml.safe_load(Path(__file__).with_name("trackers.yml").read_text())
"""By emulator and probe, the issues about what differs."""


def render(environments: Sequence[Results]) -> str:
    """Return the counts of each environment, and for each service a table of its behaviours."""
    by_age = sorted(environments, key=lambda each: each.began_at)
    probes = {result.name: result for each in by_age for result in each.results}  # as the latest describe them
    parts = [
        "# Behaviours of AWS, by emulator",
        _INTRODUCTION,
        counts(environments),
    ]
    for service, own in groupby(sorted(probes.values(), key=_order), key=_service):
        parts += [f"## {SERVICES[service]}", _behaviours(list(own), environments)]
    return "\n\n".join(parts) + "\n"


def counts(environments: Sequence[Results]) -> str:
    """Return how many probes had each outcome, a row for each environment."""
    header = [*Outcome, "environment", "versions"]
    rows = [
        [*(str(each.count(outcome)) for outcome in Outcome), each.environment, _versions(each)] for each in environments
    ]
    return _table(header, ["---:"] * len(Outcome) + ["---", "---"], rows)


def _service(result: Result) -> str:
    return result.name.partition(".")[0]


def _order(result: Result) -> tuple[str, bool, str]:
    return (SERVICES[_service(result)], not result.used_by, result.name)


def _versions(results: Results) -> str:
    return ", ".join(f"{name} {version['release']}" for name, version in sorted(results.versions.items()))


def _behaviours(probes: Sequence[Result], environments: Sequence[Results]) -> str:
    found = [(each.by_name(), TRACKERS.get(emulator(each), {})) for each in environments]
    rows = [
        [
            f"{probe.behaviour} [Source]({probe.sources[0]})",
            f"`{probe.used_by}`" if probe.used_by else "",
            *(_cell(results.get(probe.name), issues.get(probe.name, [])) for results, issues in found),
        ]
        for probe in probes
    ]
    header = ["On AWS", "Relied on by", *(each.environment for each in environments)]
    return _table(header, ["---"] * len(header), rows)


def emulator(results: Results) -> str:
    """Return what the environment is, with or without corrections: ministack for ministack-as-released."""
    return results.environment.partition("-")[0]


def _cell(result: Result | None, issues: Sequence[str]) -> str:
    if result is None:
        return "not probed"
    if result.outcome == Outcome.AS_AWS:
        return ""
    seen = result.seen if len(result.seen) <= _LONGEST_CELL else f"{result.seen[:_LONGEST_CELL]}..."
    links = f" ({', '.join(map(_link, issues))})" if issues and result.outcome == Outcome.DIFFERS else ""
    return f"**{result.outcome}**: {seen}{links}"


def _link(issue: str) -> str:
    repository, _, number = issue.partition("#")
    return f"[#{number}](https://github.com/{repository}/issues/{number})"


def _table(header: Sequence[str], alignment: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(_escape(cell) for cell in row)} |" for row in (header, alignment, *rows))


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
