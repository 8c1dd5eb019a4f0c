"""The command line: `python -m loadtest COMMAND`. It exits with 2 and one line when something outside is wrong."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from loadtest.clock import SystemClock
from loadtest.errors import LoadTestError
from loadtest.evaluate.evaluation import evaluate
from loadtest.evaluate.table import render
from loadtest.generate.upload import RESULTS_URL, await_ready, send_load, store
from loadtest.generate.ecs_task import EcsTask, Results, follow, start
from loadtest.generate.locust_process import Master, Worker, generate
from loadtest.generate.signals import exit_on_signals
from loadtest.observe.completions import collect
from loadtest.observe.log_group import LogGroup
from loadtest.observe.memory import collect_memory
from loadtest.observe.queue import DeadlineError, SqsQueues, monitor
from loadtest.record.documents import read_document
from loadtest.record.run import Run
from loadtest.record.run_directory import RunDirectory
from loadtest.record.scenario import read_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FAILED, _UNUSABLE = 1, 2

# A sample that hangs is of no use a second later, and the next one is the retry.
_SAMPLING = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except DeadlineError as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return _FAILED
    except (LoadTestError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return _UNUSABLE


def _generate(options: argparse.Namespace) -> int:
    if options.master != (options.expect_workers is not None) or options.worker != (options.master_host is not None):
        message = "--master goes with --expect-workers, --worker with --master-host"
        raise LoadTestError(message)
    role: Master | Worker | None = None
    if options.master:
        role = Master(options.expect_workers)
    elif options.worker:
        role = Worker(options.master_host)
    generate(RunDirectory(options.run_directory), options.scenario, options.host, role)


def _deliver(options: argparse.Namespace) -> int:
    exit_on_signals()
    run_directory = RunDirectory(options.run_directory)
    await_ready(options.host, SystemClock())
    send_load(run_directory, options.scenario, options.host, SystemClock(), _say)
    store(run_directory.path, os.environ[RESULTS_URL])
    return 0


def _run_task(options: argparse.Namespace) -> int:
    exit_on_signals()
    run_directory = RunDirectory(options.run_directory)
    results = Results(options.bucket, f"{run_directory.path.name}.tar.gz")
    url = results.upload_url(options.s3_endpoint, int(options.start_seconds + options.deadline_seconds))
    network = {"awsvpcConfiguration": json.loads(options.network)}
    arguments = ["deliver", "--run-directory", f"/tmp/{run_directory.path.name}"]  # noqa: S108  # in the task's container
    arguments += ["--scenario", options.scenario, "--host", options.host]
    ecs = boto3.client("ecs")
    arn = start(
        ecs,
        options.task_definition,
        {"cluster": options.cluster, "networkConfiguration": network},
        arguments,
        {RESULTS_URL: url},
    )

    shown = ""

    def show(line: str) -> None:
        nonlocal shown
        queue = run_directory.queue_progress.read_text().strip() if run_directory.queue_progress.exists() else ""
        if (line := " · ".join(filter(None, [line, queue]))) != shown:
            _say(line)
            shown = line

    task = EcsTask(ecs, boto3.client("logs"), options.log_group, arn)
    limits = {"start_seconds": options.start_seconds, "deadline_seconds": options.deadline_seconds}
    follow(task, SystemClock(), show, **limits)
    results.fetch(run_directory.path)
    return 0


def _monitor(options: argparse.Namespace) -> int:
    queues = SqsQueues(boto3.client("sqs", config=_SAMPLING), options.queue_url, options.dead_letter_queue_url)
    run_directory = RunDirectory(options.run_directory)
    _say(monitor(run_directory, queues, SystemClock(), deadline_seconds=options.deadline_seconds))
    return 0


def _ledger(options: argparse.Namespace) -> int:
    log_group = LogGroup(boto3.client("logs"), options.log_group)
    run_directory = RunDirectory(options.run_directory)
    _say(
        collect(run_directory, log_group, SystemClock(), since=options.since, deadline_seconds=options.deadline_seconds)
    )
    return 0


def _memory(options: argparse.Namespace) -> int:
    client = boto3.client("logs")
    log_groups = {service: LogGroup(client, name) for service, name in options.service}
    _say(collect_memory(RunDirectory(options.run_directory), log_groups, since=options.since))
    return 0


def _summarise(options: argparse.Namespace) -> int:
    run_directory = RunDirectory(options.run_directory)
    run = evaluate(run_directory)
    _show({run_directory: run})
    failed = [gate.name for gate in run.gates if not gate.passed]
    if failed:
        sys.stderr.write(f"loadtest: failed: {', '.join(failed)}\n")
    return _FAILED if failed else 0


def _table(options: argparse.Namespace) -> int:
    run_directories = [RunDirectory(path) for path in options.run_directories]
    _show({run_directory: read_document(run_directory.run, Run) for run_directory in run_directories})
    return 0


def _show(runs: Mapping[RunDirectory, Run]) -> None:
    scenarios = {
        scenario.name: scenario.terms for scenario in (read_scenario(run_directory.scenario) for run_directory in runs)
    }
    terms = "".join(f"{name}: {terms}\n" for name, terms in scenarios.items())
    _say(f"{terms}\n{render(list(runs.values()))}")


def _say(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()  # progress is of use only at once


def positive_number(text: str) -> float:
    """Read a finite number above 0; argparse puts this function's name into its message."""
    value = float(text)
    if not 0 < value < float("inf"):
        message = f"{text} is not a positive number"
        raise argparse.ArgumentTypeError(message)
    return value


def whole_number(text: str) -> int:
    """Read a whole number from 1 on."""
    value = int(text)
    if value < 1:
        message = f"{text} is not 1 or more"
        raise argparse.ArgumentTypeError(message)
    return value


def log_group_of_service(text: str) -> tuple[str, str]:
    """Read a service and its log group."""
    service, equals, name = text.partition("=")
    if not (service and equals and name):
        message = f"{text} is not SERVICE=LOG-GROUP"
        raise argparse.ArgumentTypeError(message)
    return service, name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest",
        description="Load the order system, measure it, and judge the figures. Region, endpoint and credentials come "
        "from the AWS SDK's own environment variables.",
        epilog="Exit status: 0 done; 1 a gate failed or the queue was not empty in time; 2 nothing usable.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    in_folder = argparse.ArgumentParser(add_help=False)
    in_folder.add_argument(
        "--run-directory", type=Path, required=True, metavar="DIRECTORY", help="the run directory of the run"
    )

    load = argparse.ArgumentParser(add_help=False)
    load.add_argument("--scenario", required=True, help="name of a scenario, or path of a .yml file")
    load.add_argument("--host", required=True, metavar="URL", help="where the order API answers")

    command = commands.add_parser("generate", parents=[in_folder, load], help="send a scenario's load with Locust")
    command.set_defaults(command=_generate)
    role = command.add_mutually_exclusive_group()
    role.add_argument("--master", action="store_true", help="command workers on other hosts instead of sending")
    role.add_argument("--worker", action="store_true", help="send the share that a master commands")
    command.add_argument("--expect-workers", type=whole_number, metavar="N", help="workers to wait for (master)")
    command.add_argument("--master-host", metavar="HOST", help="where the master is (worker)")

    command = commands.add_parser(
        "deliver",
        parents=[in_folder, load],
        help=f"generate, say how far it is, and store the results at the presigned address in {RESULTS_URL}",
    )
    command.set_defaults(command=_deliver)

    command = commands.add_parser(
        "run-task", parents=[in_folder, load], help="have a task on ECS deliver, and fetch its results"
    )
    command.set_defaults(command=_run_task)
    command.add_argument("--cluster", required=True, metavar="NAME")
    command.add_argument("--task-definition", required=True, metavar="FAMILY:REVISION")
    command.add_argument("--network", required=True, metavar="JSON", help="ECS's awsvpcConfiguration")
    command.add_argument("--log-group", required=True, metavar="NAME", help="where the task logs")
    command.add_argument("--bucket", required=True, metavar="NAME", help="where the task stores its results")
    command.add_argument(
        "--s3-endpoint", default="", metavar="URL", help="where the task reaches S3, if it is not AWS's own"
    )
    command.add_argument(
        "--start-seconds", type=positive_number, required=True, metavar="S", help="how long the task may take to start"
    )
    command.add_argument(
        "--deadline-seconds", type=positive_number, required=True, metavar="S", help="when the task is stopped"
    )

    command = commands.add_parser(
        "monitor", parents=[in_folder], help="sample the queues until the load has ended and they are empty"
    )
    command.set_defaults(command=_monitor)
    command.add_argument("--queue-url", required=True, metavar="URL")
    command.add_argument("--dead-letter-queue-url", required=True, metavar="URL")
    command.add_argument(
        "--deadline-seconds",
        type=positive_number,
        required=True,
        metavar="S",
        help="when to give up, with exit status 1",
    )

    since = argparse.ArgumentParser(add_help=False)
    since.add_argument(
        "--since", type=positive_number, required=True, metavar="UNIX", help="start of the run, unix seconds"
    )

    command = commands.add_parser(
        "ledger", parents=[in_folder, since], help="read from the processor's log which orders were completed"
    )
    command.set_defaults(command=_ledger)
    command.add_argument("--log-group", required=True, metavar="NAME")
    command.add_argument(
        "--deadline-seconds",
        type=positive_number,
        default=60.0,
        metavar="S",
        help="how long to wait for late records (60)",
    )

    command = commands.add_parser(
        "memory", parents=[in_folder, since], help="read from the services' logs how much memory they had"
    )
    command.set_defaults(command=_memory)
    command.add_argument(
        "--service",
        type=log_group_of_service,
        action="append",
        required=True,
        metavar="NAME=LOG-GROUP",
        help="a service, and where it logs; once for each",
    )

    command = commands.add_parser("summarise", parents=[in_folder], help="write run.json, print it, judge it")
    command.set_defaults(command=_summarise)

    command = commands.add_parser("table", help="print the figures of runs side by side")
    command.set_defaults(command=_table)
    command.add_argument("run_directories", type=Path, nargs="+", metavar="DIRECTORY")
    return parser


if __name__ == "__main__":
    sys.exit(main())
