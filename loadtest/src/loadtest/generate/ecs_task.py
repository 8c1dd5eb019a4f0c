"""Runs the load generator as one task on ECS, follows it to its end, and brings back what it recorded.

The task stores its results at a presigned address of a bucket, so it needs no permissions of its own. Whatever ends
this program before the task has ended stops the task as well.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from msgspec import Struct

from loadtest.errors import LoadTestError
from loadtest.generate.upload import PROGRESS, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loadtest.clock import Clock

CONTAINER = "loadtest"
"""What the container is called in the task definition; the prefix of its log streams is the same."""

_POLL_SECONDS = 2.0
_LOG_DELAY_SECONDS = 5.0
_LAST_LINES = 10
_NOT_STARTED = {"PROVISIONING", "PENDING", "ACTIVATING"}


class State(Struct, frozen=True):
    """How a task is doing."""

    status: str
    ended: bool = False
    failure: str = ""
    """Why it ended, unless it ended well."""


class Task(Protocol):
    """The task of a run."""

    def state(self) -> State:
        """Say how it is doing."""

    def log(self) -> Sequence[str]:
        """Return what it has logged so far."""

    def stop(self, reason: str) -> None:
        """End it."""


class EcsTask:
    """A task on ECS, which logs to CloudWatch Logs."""

    def __init__(self, ecs: Any, logs: Any, log_group: str, arn: str) -> None:  # noqa: ANN401  # botocore makes its classes as it runs
        """Remember which."""
        self._ecs, self._logs = ecs, logs
        _, cluster, name = arn.rpartition(":")[2].split("/")
        self._task = {"cluster": cluster, "task": arn}
        self._page = {
            "logGroupName": log_group,
            "logStreamName": f"{CONTAINER}/{CONTAINER}/{name}",
            "startFromHead": True,
        }
        self._log: list[str] = []

    def state(self) -> State:
        """Ask ECS.

        A task has ended when its container has. ECS then needs most of a minute to clear up, which nobody waits for.
        """
        tasks = self._ecs.describe_tasks(cluster=self._task["cluster"], tasks=[self._task["task"]])["tasks"]
        if not tasks:
            return State("PROVISIONING")  # for a moment ECS may not know a new task
        task, container = tasks[0], tasks[0]["containers"][0]
        status, exit_status = task["lastStatus"], container.get("exitCode")
        if exit_status is None and status != "STOPPED":
            return State(status)
        if exit_status == 0 and task.get("stopCode", "") in ("", "EssentialContainerExited"):
            return State(status, ended=True)
        reasons = [task.get("stoppedReason"), container.get("reason")]
        reasons += [] if exit_status is None else [f"exit status {exit_status}"]
        return State(status, ended=True, failure="; ".join(filter(None, reasons)) or "no reason is known")

    def log(self) -> Sequence[str]:
        """Ask CloudWatch Logs, which has nothing before the container has started."""
        while True:
            try:
                page = self._logs.get_log_events(**self._page)
            except self._logs.exceptions.ResourceNotFoundException:
                return self._log
            self._log += [event["message"] for event in page["events"]]
            token = page["nextForwardToken"]
            if token == self._page.get("nextToken"):  # the end
                return self._log
            self._page["nextToken"] = token

    def stop(self, reason: str) -> None:
        """Ask ECS to stop it."""
        self._ecs.stop_task(**self._task, reason=reason)


def start(
    ecs: Any,  # noqa: ANN401  # as above
    task_definition: str,
    placement: Mapping[str, Any],
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> str:
    """Start the task with `arguments` for this package's command line, and return its ARN.

    `placement` is what ECS wants to know of the place: `cluster` and `networkConfiguration`. Raises LoadTestError when
    ECS has no room.
    """
    container = {
        "name": CONTAINER,
        "command": list(arguments),
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
    }
    answer = ecs.run_task(
        **placement,
        taskDefinition=task_definition,
        launchType="FARGATE",
        overrides={"containerOverrides": [container]},
        propagateTags="TASK_DEFINITION",
    )
    for failure in answer["failures"]:
        message = f"ECS cannot start {task_definition}: {failure.get('reason')} {failure.get('detail', '')}"
        raise LoadTestError(message.strip())
    arn: str = answer["tasks"][0]["taskArn"]
    return arn


def follow(
    task: Task, clock: Clock, show: Callable[[str], None], *, start_seconds: float, deadline_seconds: float
) -> None:
    """Show the task's progress until it has ended; stop it when anything else ends this first.

    Raises LoadTestError when it does not start in time, does not end in time, or fails: then with the reason and the
    last lines of its log.
    """
    try:
        failure = _watch(task, clock, show, start_seconds, deadline_seconds)
    except BaseException:
        task.stop("The load test was broken off")
        raise
    if failure:
        clock.sleep(_LOG_DELAY_SECONDS)  # the log comes late
        last = [line for line in task.log() if not line.startswith(PROGRESS)][-_LAST_LINES:]
        message = f"the task with the load generator failed: {failure}"
        raise LoadTestError("\n  ".join([message, *last]))


def _watch(task: Task, clock: Clock, show: Callable[[str], None], start_seconds: float, deadline_seconds: float) -> str:
    """Return why the task failed, empty when it did not."""
    started = clock.monotonic()
    while not (state := task.state()).ended:
        elapsed = clock.monotonic() - started
        if elapsed >= (start_seconds if state.status in _NOT_STARTED else deadline_seconds):
            message = f"the task with the load generator is still {state.status} after {elapsed:.0f} s"
            raise LoadTestError(message)
        progress = [line for line in task.log() if line.startswith(PROGRESS)]
        show(progress[-1].removeprefix(PROGRESS) if progress else f"the task is {state.status}")
        clock.sleep(_POLL_SECONDS)
    return state.failure


class Results:
    """The object of a bucket that a task stores its results in."""

    def __init__(self, bucket: str, key: str) -> None:
        """Remember which."""
        self._bucket, self._key = bucket, key

    def upload_url(self, endpoint: str, seconds: int) -> str:
        """Return an address that takes the results, for so long.

        `endpoint` is where the task reaches S3: empty for AWS's own. Another one is not to have a name per bucket.
        """
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "virtual"},
            request_checksum_calculation="when_required",  # the task would have to send the checksum that is signed
        )
        client = boto3.client("s3", endpoint_url=endpoint or None, config=config)
        item = {"Bucket": self._bucket, "Key": self._key}
        url: str = client.generate_presigned_url("put_object", Params=item, ExpiresIn=seconds)
        return url

    def fetch(self, path: Path) -> None:
        """Bring the results into the run directory `path`, and remove them from the bucket."""
        client = boto3.client("s3")
        with tempfile.TemporaryDirectory() as run_directory:
            archive = Path(run_directory) / "results.tar.gz"
            client.download_file(self._bucket, self._key, str(archive))
            unpack(archive, path)
        client.delete_object(Bucket=self._bucket, Key=self._key)
