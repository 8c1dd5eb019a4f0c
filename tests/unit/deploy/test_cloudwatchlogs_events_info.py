from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

GROUP = "/ecs/orders/processor"
DAY = 24 * 60 * 60


def event(timestamp: int, message: str) -> dict[str, Any]:
    return {"timestamp": timestamp, "message": message}


def streams(aws: Aws, *names: str, **more: Any) -> None:  # noqa: ANN401  # any fields of the answer
    found = [{"logStreamName": name} for name in names]
    aws["logs"].add_response("describe_log_streams", {"logStreams": found, **more}, {"logGroupName": GROUP})


def stream(aws: Aws, name: str, start: int, *pages: list[dict[str, Any]]) -> None:
    """Prepare the pages of a stream. A page with the token that led to it ends the stream."""
    asked = {"logGroupName": GROUP, "logStreamName": name, "startTime": start, "startFromHead": True}
    for number, events in enumerate([*pages, []]):
        token = f"f/{min(number + 1, len(pages))}"
        aws["logs"].add_response("get_log_events", {"events": events, "nextForwardToken": token}, asked)
        asked = asked | {"nextToken": token}


def test_events_of_all_streams_and_pages_come_in_the_order_of_their_times(aws: Aws, run_module: RunModule) -> None:
    streams(aws, "processor/1", nextToken="more")
    stream(aws, "processor/1", 1500, [event(1500, "first")], [], [event(3000, "third")])
    asked = {"logGroupName": GROUP, "nextToken": "more"}
    aws["logs"].add_response("describe_log_streams", {"logStreams": [{"logStreamName": "processor/2"}]}, asked)
    stream(aws, "processor/2", 1500, [event(2000, "second")])

    result = run_module(log_group=GROUP, since=1.5)

    assert result["messages"] == ["first", "second", "third"]
    assert result["events"] == [event(1500, "first"), event(2000, "second"), event(3000, "third")]
    assert result["changed"] is False


def test_a_stream_that_ended_a_day_before_is_not_read(aws: Aws, run_module: RunModule) -> None:
    start = 100 * DAY
    found = [
        {"logStreamName": "ended", "lastEventTimestamp": (start - DAY) * 1000 - 1},
        {"logStreamName": "going on", "lastEventTimestamp": (start - DAY) * 1000},
    ]
    aws["logs"].add_response("describe_log_streams", {"logStreams": found})
    stream(aws, "going on", start * 1000, [event(start * 1000, "here")])

    assert run_module(log_group=GROUP, since=start)["messages"] == ["here"]


def test_only_messages_with_the_text_are_kept(aws: Aws, run_module: RunModule) -> None:
    streams(aws, "processor/1")
    stream(aws, "processor/1", 0, [event(1, "order 17 completed"), event(2, "order 18 completed")])

    assert run_module(log_group=GROUP, contains="18")["messages"] == ["order 18 completed"]


def test_an_error_names_the_log_group(aws: Aws, run_module: RunModule) -> None:
    aws["logs"].add_client_error("describe_log_streams", "ResourceNotFoundException")

    result = run_module(log_group=GROUP)

    assert result["failed"]
    assert GROUP in result["msg"]
