from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

NOON = 1_767_268_800_000  # 2026-01-01 12:00:00 UTC


def record(**fields: object) -> str:
    return json.dumps({"time": "2026-01-01T12:00:00Z", "level": "info", "logger": "orders", **fields})


def test_events_of_all_services_come_in_the_order_of_their_times(source: ModuleType) -> None:
    logs = {
        "api": [{"timestamp": NOON, "message": "first"}, {"timestamp": NOON + 2000, "message": "third"}],
        "processor": [{"timestamp": NOON + 1000, "message": "second"}],
    }

    assert source.log_lines(logs, 10) == [
        "2026-01-01 12:00:00  api        first",
        "2026-01-01 12:00:01  processor  second",
        "2026-01-01 12:00:02  api        third",
    ]


def test_the_latest_events_are_kept(source: ModuleType) -> None:
    logs = {"api": [{"timestamp": NOON + second * 1000, "message": f"line {second}"} for second in range(5)]}

    assert [line.split("  ")[-1] for line in source.log_lines(logs, 2)] == ["line 3", "line 4"]


def test_a_record_is_shown_as_its_level_message_and_fields(source: ModuleType) -> None:
    assert list(source.readable(record(message="order completed", order_id=17))) == [
        "info    order completed order_id=17"
    ]


def test_an_exception_is_shown_below_its_record(source: ModuleType) -> None:
    message = record(message="payment failed", exception="Traceback:\nValueError")

    assert list(source.readable(message)) == ["info    payment failed", "Traceback:", "ValueError"]


def test_other_messages_are_shown_as_they_are(source: ModuleType) -> None:
    assert list(source.readable('["no record"]\n')) == ['["no record"]']


def test_services_that_logged_nothing_have_no_lines(source: ModuleType) -> None:
    assert source.log_lines({"api": []}, 10) == []
