from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.stub import Stubber

from loadtest.errors import LoadTestError
from loadtest.generate.ecs_task import EcsTask, Results, State, follow, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.loadtest.conftest import JumpingClock

ARN = "arn:aws:ecs:us-west-2:123456789012:task/orders/0f9e"
LIMITS = {"start_seconds": 60, "deadline_seconds": 300}


class FakeTask:
    """A task that goes from state to state, one at each look, and logs."""

    def __init__(self, *states: State) -> None:
        self.states = list(states)
        self.lines: list[str] = []
        self.stopped: list[str] = []

    def state(self) -> State:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def log(self) -> list[str]:
        return self.lines

    def stop(self, reason: str) -> None:
        self.stopped.append(reason)


ENDED = State("DEPROVISIONING", ended=True)


def test_progress_is_shown_until_the_task_has_ended(clock: JumpingClock) -> None:
    task = FakeTask(State("PENDING"), State("RUNNING"), ENDED)
    shown: list[str] = []

    def show(line: str) -> None:
        shown.append(line)
        task.lines += ["Starting Locust", "progress: 4 s of 10 s", "a warning"]

    follow(task, clock, show, **LIMITS)
    assert shown == ["the task is PENDING", "4 s of 10 s"]
    assert task.stopped == []


def test_the_error_of_a_failed_task_has_its_last_log_lines(clock: JumpingClock) -> None:
    task = FakeTask(State("STOPPED", ended=True, failure="OutOfMemoryError; exit status 137"))
    task.lines = [*(f"line {number}" for number in range(20)), "progress: 4 s of 10 s"]
    with pytest.raises(LoadTestError) as failure:
        follow(task, clock, print, **LIMITS)
    first, *words = str(failure.value).splitlines()
    assert first == "the load generator's task failed: OutOfMemoryError; exit status 137"
    assert [word.strip() for word in words] == [f"line {number}" for number in range(10, 20)]


@pytest.mark.parametrize(("status", "seconds"), [("PENDING", 60), ("RUNNING", 300)])
def test_a_task_that_takes_too_long_is_stopped(clock: JumpingClock, status: str, seconds: int) -> None:
    task = FakeTask(State(status))
    with pytest.raises(LoadTestError, match=f"still {status} after {seconds} s"):
        follow(task, clock, lambda _: None, **LIMITS)
    assert len(task.stopped) == 1


def test_an_interrupted_load_test_stops_its_task(clock: JumpingClock) -> None:
    task = FakeTask(State("RUNNING"))

    def interrupt(_: str) -> None:
        raise SystemExit(130)

    with pytest.raises(SystemExit):
        follow(task, clock, interrupt, **LIMITS)
    assert len(task.stopped) == 1


class Aws:
    """Stubbed clients of ECS and CloudWatch Logs."""

    def __init__(self) -> None:
        options: dict[str, Any] = {
            "region_name": "us-west-2",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        self.ecs, self.logs = boto3.client("ecs", **options), boto3.client("logs", **options)
        self.ecs_stub, self.logs_stub = Stubber(self.ecs), Stubber(self.logs)

    def task(self) -> EcsTask:
        return EcsTask(self.ecs, self.logs, "/ecs/orders/loadtest", ARN)


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws()
    with aws.ecs_stub, aws.logs_stub:
        yield aws
        aws.ecs_stub.assert_no_pending_responses()
        aws.logs_stub.assert_no_pending_responses()
    aws.ecs.close()
    aws.logs.close()


@pytest.mark.parametrize(
    ("task", "container", "state"),
    [
        ({"lastStatus": "PENDING"}, {}, State("PENDING")),
        ({"lastStatus": "RUNNING"}, {}, State("RUNNING")),
        ({"lastStatus": "DEPROVISIONING"}, {"exitCode": 0}, State("DEPROVISIONING", ended=True)),
        (
            {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "stoppedReason": "It exited"},
            {"exitCode": 0},
            State("STOPPED", ended=True),
        ),
        (
            {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "stoppedReason": "It exited"},
            {"exitCode": 137, "reason": "OutOfMemoryError"},
            State("STOPPED", ended=True, failure="It exited; OutOfMemoryError; exit status 137"),
        ),
        (
            {"lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError"},
            {},
            State("STOPPED", ended=True, failure="CannotPullContainerError"),
        ),
        (
            {"lastStatus": "STOPPED", "stopCode": "UserInitiated", "stoppedReason": "Stopped by Ann"},
            {"exitCode": 0},
            State("STOPPED", ended=True, failure="Stopped by Ann; exit status 0"),
        ),
        ({"lastStatus": "STOPPED"}, {}, State("STOPPED", ended=True, failure="no reason is known")),
    ],
)
def test_the_state_of_a_task(aws: Aws, task: dict[str, Any], container: dict[str, Any], state: State) -> None:
    aws.ecs_stub.add_response(
        "describe_tasks",
        {"tasks": [{**task, "containers": [{"name": "loadtest", **container}]}]},
        {"cluster": "orders", "tasks": [ARN]},
    )
    assert aws.task().state() == state


def test_a_task_that_ecs_does_not_know_yet_is_provisioning(aws: Aws) -> None:
    aws.ecs_stub.add_response("describe_tasks", {"tasks": [], "failures": [{"arn": ARN, "reason": "MISSING"}]})
    assert aws.task().state() == State("PROVISIONING")


def test_the_log_is_read_from_where_the_last_read_ended(aws: Aws) -> None:
    where = {"logGroupName": "/ecs/orders/loadtest", "logStreamName": "loadtest/loadtest/0f9e", "startFromHead": True}

    def page(token: str | None, next_token: str, *messages: str) -> None:
        request = {**where, **({"nextToken": token} if token else {})}
        answer = {"events": [{"message": message} for message in messages], "nextForwardToken": next_token}
        aws.logs_stub.add_response("get_log_events", answer, request)

    task = aws.task()
    aws.logs_stub.add_client_error("get_log_events", "ResourceNotFoundException")
    assert task.log() == []
    page(None, "f/1", "one")
    page("f/1", "f/1")
    assert task.log() == ["one"]
    page("f/1", "f/2", "two")
    page("f/2", "f/2")
    assert task.log() == ["one", "two"]


def test_a_task_is_started_with_its_placement_and_arguments(aws: Aws) -> None:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}}
    aws.ecs_stub.add_response(
        "run_task",
        {"tasks": [{"taskArn": ARN}], "failures": []},
        {
            "cluster": "orders",
            "networkConfiguration": network,
            "taskDefinition": "orders-loadtest:3",
            "launchType": "FARGATE",
            "overrides": {
                "containerOverrides": [
                    {
                        "name": "loadtest",
                        "command": ["generate-and-upload"],
                        "environment": [{"name": "WHERE", "value": "there"}],
                    }
                ]
            },
            "propagateTags": "TASK_DEFINITION",
        },
    )
    placement = {"cluster": "orders", "networkConfiguration": network}
    assert start(aws.ecs, "orders-loadtest:3", placement, ["generate-and-upload"], {"WHERE": "there"}) == ARN


def test_missing_capacity_is_an_error(aws: Aws) -> None:
    aws.ecs_stub.add_response("run_task", {"tasks": [], "failures": [{"reason": "Capacity is unavailable"}]})
    with pytest.raises(LoadTestError, match=r"cannot start orders-loadtest:3: Capacity is unavailable$"):
        start(aws.ecs, "orders-loadtest:3", {"cluster": "orders"}, [], {})


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("", "https://results.s3.us-west-2.amazonaws.com/run.tar.gz"),
        ("http://emulator:4567", "http://emulator:4567/results/run.tar.gz"),
    ],
)
def test_the_upload_url_has_the_endpoint_that_the_task_reaches(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, address: str
) -> None:
    for name, value in {"REGION": "us-west-2", "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name.replace('REGION', 'DEFAULT_REGION')}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    url = urlsplit(Results("results", "run.tar.gz").upload_url(endpoint, 60))
    query = parse_qs(url.query)
    assert url._replace(query="").geturl() == address
    assert query["X-Amz-Expires"] == ["60"]
    # Anything else that were signed, the task would have to send as well.
    assert query["X-Amz-SignedHeaders"] == ["host"]
