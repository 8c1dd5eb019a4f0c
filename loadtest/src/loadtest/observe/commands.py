"""The commands that measure what becomes of the load: `monitor`, `host`, `completions`, `dead-letters`, `memory`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from botocore.config import Config

from loadtest import aws
from loadtest.clock import SystemClock
from loadtest.commandline import add_command, positive_number, run_directory_option, show
from loadtest.observe.completions import collect_completions
from loadtest.observe.dead_letters import collect_dead_letters
from loadtest.observe.log_group import LogGroup
from loadtest.observe.memory import collect_memory
from loadtest.observe.queue import SqsQueues, monitor

if TYPE_CHECKING:
    from loadtest.commandline import Subparsers

# A sample that hangs is of no use a second later; the next sample is the retry.
_SAMPLING = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


def add_commands(subparsers: Subparsers) -> None:
    """Add the commands to the command line."""
    run_directory = run_directory_option()
    since = argparse.ArgumentParser(add_help=False)
    since.add_argument(
        "--since", type=positive_number, required=True, metavar="UNIX", help="start of the run in unix seconds"
    )

    command = add_command(
        subparsers,
        "monitor",
        _monitor,
        "sample the queues until the load has ended and they are empty; writes queue.csv",
        parents=[run_directory],
    )
    command.add_argument("--queue-url", required=True, metavar="URL")
    command.add_argument("--dead-letter-queue-url", required=True, metavar="URL")
    command.add_argument(
        "--deadline-seconds",
        type=positive_number,
        required=True,
        metavar="S",
        help="when to give up, with exit status 1",
    )

    command = add_command(
        subparsers,
        "host",
        _host,
        "sample the load of this computer and of the emulators until the load has ended; writes host.csv and "
        "emulators.csv",
        parents=[run_directory],
    )
    command.add_argument(
        "--emulator",
        type=name_and_container,
        action="append",
        default=[],
        metavar="NAME=CONTAINER",
        help="an emulator and its container; repeat for each emulator",
    )
    command.add_argument(
        "--deadline-seconds", type=positive_number, required=True, metavar="S", help="when to end at the latest"
    )

    command = add_command(
        subparsers,
        "completions",
        _completions,
        "read from the processor's log which orders were completed; writes completions.csv",
        parents=[run_directory, since],
    )
    command.add_argument("--log-group", required=True, metavar="NAME")
    command.add_argument(
        "--deadline-seconds",
        type=positive_number,
        default=60.0,
        metavar="S",
        help="how long to wait for late records (default: 60)",
    )

    command = add_command(
        subparsers,
        "dead-letters",
        _dead_letters,
        "read from the dead-letter queue which orders ended there; writes dead-letters.csv",
        parents=[run_directory],
    )
    command.add_argument("--queue-url", required=True, metavar="URL", help="the dead-letter queue")

    command = add_command(
        subparsers,
        "memory",
        _memory,
        "read from the services' logs how much memory they used; writes memory.csv",
        parents=[run_directory, since],
    )
    command.add_argument(
        "--service",
        type=service_and_log_group,
        action="append",
        required=True,
        metavar="NAME=LOG-GROUP",
        help="a service and its log group; repeat for each service",
    )


def service_and_log_group(text: str) -> tuple[str, str]:
    """Return a service and its log group."""
    return _name_and_value(text, "NAME=LOG-GROUP")


def name_and_container(text: str) -> tuple[str, str]:
    """Return an emulator and its container."""
    return _name_and_value(text, "NAME=CONTAINER")


def _name_and_value(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        message = f"{text} is not {form}"
        raise argparse.ArgumentTypeError(message)
    return name, value


def _monitor(options: argparse.Namespace) -> int:
    queues = SqsQueues(aws.client("sqs", config=_SAMPLING), options.queue_url, options.dead_letter_queue_url)
    show(monitor(options.run_directory, queues, SystemClock(), deadline_seconds=options.deadline_seconds))
    return 0


def _host(options: argparse.Namespace) -> int:
    # Only this command needs the Docker client, which load generators on other hosts do not have.
    from loadtest.observe.host import DockerContainers, docker_engine, sample_host  # noqa: PLC0415

    containers = DockerContainers(docker_engine() if options.emulator else None, dict(options.emulator))
    show(sample_host(options.run_directory, containers, SystemClock(), deadline_seconds=options.deadline_seconds))
    return 0


def _completions(options: argparse.Namespace) -> int:
    log_group = LogGroup(aws.client("logs"), options.log_group)
    limits = {"since": options.since, "deadline_seconds": options.deadline_seconds}
    show(collect_completions(options.run_directory, log_group, SystemClock(), **limits))
    return 0


def _dead_letters(options: argparse.Namespace) -> int:
    show(collect_dead_letters(options.run_directory, aws.client("sqs"), options.queue_url))
    return 0


def _memory(options: argparse.Namespace) -> int:
    client = aws.client("logs")
    log_groups = {service: LogGroup(client, name) for service, name in options.service}
    show(collect_memory(options.run_directory, log_groups, since=options.since))
    return 0
