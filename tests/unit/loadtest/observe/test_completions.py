from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, override

import pytest

from loadtest.errors import LoadTestError
from loadtest.observe.completions import collect_completions, read_records
from loadtest.record.rows import Completion, Redelivery, Request, read_rows, write_rows
from loadtest.record.run_directory import RunDirectory
from tests.unit.loadtest.conftest import START, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loadtest.observe.log_group import Line
    from tests.unit.loadtest.conftest import JumpingClock


def record(order_id: str, *, second: float = 3.0, receive_count: int = 1) -> str:
    created, completed = (datetime.fromtimestamp(START + offset, UTC).isoformat() for offset in (0, second))
    return json.dumps(
        {
            "time": completed,
            "level": "info",
            "logger": "orders.processor",
            "message": "order completed",
            "order_id": order_id,
            "created_at": created,
            "completed_at": completed,
            "receive_count": receive_count,
            "message_id": "m-1",
        }
    )


def test_a_repeated_line_counts_once_and_a_repeated_completion_twice() -> None:
    log_group = Lines(record("x", second=33, receive_count=2), record("x"), record("x"))
    assert read_records(log_group, START)[0] == [
        Completion("x", START, START + 3, 1),
        Completion("x", START, START + 33, 2),
    ]


def test_an_order_that_is_delivered_again_is_no_completion() -> None:
    again = {"message": "order delivered again", "order_id": "x", "message_id": "m-2", "receive_count": 1}
    lines = Lines(record("x"), *[json.dumps(again)] * 2, json.dumps(again | {"receive_count": 2}))
    completions, redeliveries = read_records(lines, START)
    assert len(completions) == 1
    assert redeliveries == [Redelivery("x", "m-2", 1), Redelivery("x", "m-2", 2)]


def test_a_completion_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(LoadTestError, match=r"unreadable record 'order completed': .*order_id"):
        read_records(Lines('{"message": "order completed", "id": "x"}'), START)


class LateLines(Lines):
    """A log in which one more line shows up with each reading."""

    def __init__(self, *order_ids: str) -> None:
        super().__init__(*(record(order_id) for order_id in order_ids))
        self.readings = 0

    @override
    def lines(self, since: float) -> Iterator[Line]:
        self.readings += 1
        return iter(list(super().lines(since))[: self.readings])


@pytest.fixture
def accepted(tmp_path: Path) -> RunDirectory:
    requests = [Request(START, 5, 202, name, "") for name in ("a", "b", "c")] + [Request(START, 5, 503, "", "no")]
    write_rows(tmp_path / "requests-host-1.csv", Request, requests)
    return RunDirectory(tmp_path)


def test_polls_until_each_accepted_order_has_a_record(accepted: RunDirectory, clock: JumpingClock) -> None:
    log_group = LateLines("a", "other", "b", "c", "never read")
    line = collect_completions(accepted, log_group, clock, since=START, deadline_seconds=60)
    assert line == "3 of 3 accepted orders completed; 4 records"
    assert log_group.readings == 4
    assert [each.order_id for each in read_rows(accepted.completions, Completion)] == ["a", "b", "c", "other"]
    assert read_rows(accepted.redeliveries, Redelivery) == []


def test_orders_without_a_record_at_the_deadline_are_not_an_error(accepted: RunDirectory, clock: JumpingClock) -> None:
    line = collect_completions(accepted, LateLines("a", "b"), clock, since=START, deadline_seconds=60)
    assert line == "2 of 3 accepted orders completed; 2 records"
    assert clock.elapsed == 60
