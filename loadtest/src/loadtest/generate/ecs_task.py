"""Run the load generator as a task on ECS, follow it until it ends, and download its results.

The task uploads its results to a presigned URL, so it needs no permissions. When the command is interrupted, it stops
the task.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from botocore.config import Config
from msgspec import Struct

from loadtest import aws
from loadtest.errors import LoadTestError
from loadtest.generate.upload import PROGRESS, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from loadtest.clock import Clock

CONTAINER = "loadtest"
"""Name of the container in the task definition, and prefix of its log streams."""

_POLL_SECONDS = 2.0
_LOG_DELAY_SECONDS = 5.0
_LAST_LINES = 10
_NOT_STARTED = {"PROVISIONING", "PENDING", "ACTIVATING"}


class State(Struct, frozen=True):
    """The state of a task."""

    status: str
    ended: bool = False
    failure: str = ""
    """Why it failed; empty unless it did."""


class Task(Protocol):
    """The task of a run."""

    def state(self) -> State:
        """Return its current state."""

    def log(self) -> Sequence[str]:
        """Return the lines it has logged so far."""

    def stop(self, reason: str) -> None:
        """Stop it."""


class EcsTask:
    """A task on ECS that logs to CloudWatch Logs."""

    def __init__(self, ecs: Any, logs: Any, log_group: str, arn: str) -> None:  # noqa: ANN401  # botocore creates client classes at run time
        """Take the clients of ECS and CloudWatch Logs; send no request yet."""
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
        """Return the state by ECS. A task has ended when its container has, up to a minute before ECS says STOPPED."""
        tasks = self._ecs.describe_tasks(cluster=self._task["cluster"], tasks=[self._task["task"]])["tasks"]
        if not tasks:
            return State("PROVISIONING")  # ECS is eventually consistent: a new task can be missing
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
        """Return all lines so far; the log stream does not exist before the container has started."""
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
        """Stop it; `reason` is shown in ECS."""
        self._ecs.stop_task(**self._task, reason=reason)


def start(
    ecs: Any,  # noqa: ANN401  # botocore creates client classes at run time
    task_definition: str,
    placement: Mapping[str, Any],
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> str:
    """Start the task with `arguments` for `python -m loadtest`, and return its ARN.

    `placement` holds `cluster` and `networkConfiguration` of RunTask. Raises LoadTestError when ECS cannot place it.
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
    """Show the task's progress until it has ended; stop the task on any exception.

    Raises LoadTestError when the task does not start or end in time, or fails; then the message has the reason and the
    last lines of its log.
    """
    try:
        failure = _poll(task, clock, show, start_seconds, deadline_seconds)
    except BaseException:
        task.stop("The load test was interrupted")
        raise
    if failure:
        clock.sleep(_LOG_DELAY_SECONDS)  # the log is delivered late
        last = [line for line in task.log() if not line.startswith(PROGRESS)][-_LAST_LINES:]
        message = f"the load generator's task failed: {failure}"
        raise LoadTestError("\n  ".join([message, *last]))


def _poll(task: Task, clock: Clock, show: Callable[[str], None], start_seconds: float, deadline_seconds: float) -> str:
    """Return why the task failed; empty when it did not."""
    started = clock.monotonic()
    while not (state := task.state()).ended:
        elapsed = clock.monotonic() - started
        if elapsed >= (start_seconds if state.status in _NOT_STARTED else deadline_seconds):
            message = f"the load generator's task is still {state.status} after {elapsed:.0f} s"
            raise LoadTestError(message)
        progress = [line for line in task.log() if line.startswith(PROGRESS)]
        show(progress[-1].removeprefix(PROGRESS) if progress else f"the task is {state.status}")
        clock.sleep(_POLL_SECONDS)
    return state.failure


class Results:
    """The object in S3 that a task uploads its results to."""

    def __init__(self, bucket: str, key: str) -> None:
        """Take the bucket and the key; send no request yet."""
        self._bucket, self._key = bucket, key

    def upload_url(self, endpoint: str, seconds: int) -> str:
        """Return a presigned URL for the upload, valid for `seconds`.

        `endpoint` is the S3 endpoint that the task reaches; empty for AWS's own. Any other is addressed path-style, as
        it may have no DNS name per bucket.
        """
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "virtual"},
            request_checksum_calculation="when_required",  # else the URL is valid for one checksum only
        )
        client = aws.client("s3", endpoint_url=endpoint or None, config=config)
        item = {"Bucket": self._bucket, "Key": self._key}
        url: str = client.generate_presigned_url("put_object", Params=item, ExpiresIn=seconds)
        return url

    def download(self, path: Path) -> None:
        """Download the results into the directory `path`, and delete the object."""
        client = aws.client("s3")
        with tempfile.TemporaryDirectory() as temporary:
            archive = Path(temporary) / "results.tar.gz"
            client.download_file(self._bucket, self._key, str(archive))
            unpack(archive, path)
        client.delete_object(Bucket=self._bucket, Key=self._key)
