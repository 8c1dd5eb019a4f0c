from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

TASKS = ["arn:aws:ecs:us-west-2:000000000000:task/orders/1", "arn:aws:ecs:us-west-2:000000000000:task/orders/2"]


def stopped(minute: int, why: str, /, **container: Any) -> dict[str, Any]:  # noqa: ANN401  # any fields of a container
    return {
        "stoppedAt": datetime(2026, 1, 1, 0, minute, tzinfo=UTC),
        "stoppedReason": why,
        "containers": [{"name": "api", **container}],
    }


def answer(aws: Aws, *tasks: dict[str, Any]) -> None:
    arns = TASKS[: len(tasks)]
    asked = {"cluster": "orders", "serviceName": "api", "desiredStatus": "STOPPED"}
    aws["ecs"].add_response("list_tasks", {"taskArns": arns}, asked)
    if tasks:
        aws["ecs"].add_response("describe_tasks", {"tasks": tasks}, {"cluster": "orders", "tasks": arns})


def test_the_latest_reason_comes_first(aws: Aws, run_module: RunModule) -> None:
    answer(aws, stopped(1, "Task failed container health checks"), stopped(2, "Scaling activity"))

    assert run_module(cluster="orders", service="api")["reasons"] == [
        "Scaling activity",
        "Task failed container health checks",
    ]


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({"reason": "CannotPullContainerError"}, ["container api: CannotPullContainerError"]),
        ({"exitCode": 137, "reason": "OutOfMemoryError"}, ["container api: OutOfMemoryError, exit status 137"]),
        ({"exitCode": 0}, []),
    ],
)
def test_the_reasons_of_containers_follow(
    aws: Aws, run_module: RunModule, container: dict[str, Any], said: list[str]
) -> None:
    answer(aws, stopped(1, "Task failed to start", **container))

    assert run_module(cluster="orders", service="api")["reasons"] == ["Task failed to start", *said]


def test_a_reason_is_given_once(aws: Aws, run_module: RunModule) -> None:
    answer(aws, stopped(1, "Task failed to start"), stopped(2, "Task failed to start"))

    assert run_module(cluster="orders", service="api")["reasons"] == ["Task failed to start"]


def test_without_stopped_tasks_there_is_no_reason(aws: Aws, run_module: RunModule) -> None:
    answer(aws)

    assert run_module(cluster="orders", service="api")["reasons"] == []


def test_an_error_names_the_service(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_client_error("list_tasks", "AccessDeniedException")

    result = run_module(cluster="orders", service="api")

    assert result["failed"]
    assert "tasks of api stopped" in result["msg"]
