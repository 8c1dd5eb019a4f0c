"""The commands that send the load: `generate`, `generate-and-upload` and `run-on-ecs`."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from loadtest import aws
from loadtest.clock import SystemClock
from loadtest.commandline import (
    add_command,
    json_object,
    positive_integer,
    positive_number,
    run_directory_option,
    show,
)
from loadtest.errors import LoadTestError
from loadtest.generate.ecs_task import EcsTask, Results, follow, start
from loadtest.generate.locust_process import Master, Worker, generate
from loadtest.generate.signals import exit_on_signals
from loadtest.generate.upload import RESULTS_URL, run_generate, upload, wait_until_ready
from loadtest.record.run_directory import read_progress

if TYPE_CHECKING:
    from loadtest.commandline import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add the commands to the command line."""
    load = argparse.ArgumentParser(add_help=False)
    load.add_argument("--scenario", required=True, help="name of a scenario, or path of a .yml file")
    load.add_argument("--host", required=True, metavar="URL", help="base URL of the order API")
    parents = [run_directory_option(), load]

    command = add_command(
        subparsers,
        "generate",
        _generate,
        "send a scenario's load with Locust; writes requests-*.csv and generator-*.csv",
        parents=parents,
    )
    role = command.add_mutually_exclusive_group()
    role.add_argument("--master", action="store_true", help="control workers on other hosts instead of sending load")
    role.add_argument("--worker", action="store_true", help="send the share of the load that a master assigns")
    command.add_argument(
        "--expect-workers", type=positive_integer, metavar="N", help="workers to wait for (with --master)"
    )
    command.add_argument("--master-host", metavar="HOST", help="host of the master (with --worker)")

    add_command(
        subparsers,
        "generate-and-upload",
        _generate_and_upload,
        f"generate, print progress, and upload the run directory to the presigned URL in {RESULTS_URL}",
        parents=parents,
    )

    command = add_command(
        subparsers,
        "run-on-ecs",
        _run_on_ecs,
        "run generate-and-upload as a task on ECS, and download its run directory",
        parents=parents,
    )
    command.add_argument("--cluster", required=True, metavar="NAME")
    command.add_argument("--task-definition", required=True, metavar="FAMILY:REVISION")
    command.add_argument(
        "--network", type=json_object, required=True, metavar="JSON", help="the awsvpcConfiguration of the task"
    )
    command.add_argument("--log-group", required=True, metavar="NAME", help="log group of the task")
    command.add_argument("--bucket", required=True, metavar="NAME", help="bucket for the task's results")
    command.add_argument(
        "--s3-endpoint", default="", metavar="URL", help="S3 endpoint that the task reaches, if it is not AWS's own"
    )
    command.add_argument(
        "--start-seconds", type=positive_number, required=True, metavar="S", help="longest time for the task to start"
    )
    command.add_argument(
        "--deadline-seconds", type=positive_number, required=True, metavar="S", help="when to stop the task"
    )


def _generate(options: argparse.Namespace) -> int:
    if options.master != (options.expect_workers is not None) or options.worker != (options.master_host is not None):
        message = "--master needs --expect-workers, and --worker needs --master-host"
        raise LoadTestError(message)
    role: Master | Worker | None = None
    if options.master:
        role = Master(options.expect_workers)
    elif options.worker:
        role = Worker(options.master_host)
    generate(options.run_directory, options.scenario, options.host, role)


def _generate_and_upload(options: argparse.Namespace) -> int:
    exit_on_signals()
    url = os.environ.get(RESULTS_URL)
    if not url:
        message = f"{RESULTS_URL} is not set: give the presigned URL for the results"
        raise LoadTestError(message)
    clock = SystemClock()
    wait_until_ready(options.host, clock)
    run_generate(options.run_directory, options.scenario, options.host, clock, show)
    upload(options.run_directory.path, url)
    return 0


def _run_on_ecs(options: argparse.Namespace) -> int:
    exit_on_signals()
    run_directory = options.run_directory
    results = Results(options.bucket, f"{run_directory.path.name}.tar.gz")
    url = results.upload_url(options.s3_endpoint, int(options.start_seconds + options.deadline_seconds))
    network = {"awsvpcConfiguration": options.network}
    arguments = ["generate-and-upload", "--run-directory", f"/tmp/{run_directory.path.name}"]  # noqa: S108  # in the task's container
    arguments += ["--scenario", options.scenario, "--host", options.host]
    ecs = aws.client("ecs")
    arn = start(
        ecs,
        options.task_definition,
        {"cluster": options.cluster, "networkConfiguration": network},
        arguments,
        {RESULTS_URL: url},
    )

    shown = ""

    def show_change(line: str) -> None:
        nonlocal shown
        line = " · ".join(filter(None, [line, read_progress(run_directory.queue_progress)]))
        if line != shown:
            show(line)
            shown = line

    task = EcsTask(ecs, aws.client("logs"), options.log_group, arn)
    limits = {"start_seconds": options.start_seconds, "deadline_seconds": options.deadline_seconds}
    follow(task, SystemClock(), show_change, **limits)
    results.download(run_directory.path)
    return 0
