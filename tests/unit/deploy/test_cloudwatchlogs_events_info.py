from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

GROUP = "/ecs/orders/processor"


def event(timestamp: int, message: str) -> dict[str, Any]:
    return {"timestamp": timestamp, "message": message}


def test_messages_of_all_pages_come_in_the_order_of_their_times(aws: Aws, run_module: RunModule) -> None:
    asked = {"logGroupName": GROUP, "startTime": 1500}
    first = {"events": [event(3000, "third"), event(1500, "first")], "nextToken": "more"}
    aws["logs"].add_response("filter_log_events", first, asked)
    aws["logs"].add_response("filter_log_events", {"events": [event(2000, "second")]}, asked | {"nextToken": "more"})

    result = run_module(log_group=GROUP, since=1.5)

    assert result["messages"] == ["first", "second", "third"]
    assert result["events"] == [event(1500, "first"), event(2000, "second"), event(3000, "third")]
    assert result["changed"] is False


def test_only_messages_with_the_text_are_kept(aws: Aws, run_module: RunModule) -> None:
    answer = {"events": [event(1, "order 17 completed"), event(2, "order 18 completed")]}
    aws["logs"].add_response("filter_log_events", answer, {"logGroupName": GROUP, "startTime": 0})

    assert run_module(log_group=GROUP, contains="18")["messages"] == ["order 18 completed"]


def test_an_error_names_the_log_group(aws: Aws, run_module: RunModule) -> None:
    aws["logs"].add_client_error("filter_log_events", "ResourceNotFoundException")

    result = run_module(log_group=GROUP)

    assert result["failed"]
    assert GROUP in result["msg"]
