"""Log groups and their events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from probes.behaviours.sources import LOGS_API
from probes.errors import expect_refused
from probes.probe import expect, probe

if TYPE_CHECKING:
    from typing import Any

    from probes.lab import Lab

_EVENTS = "collections/ansible_collections/orders/deploy/plugins/modules/cloudwatchlogs_events_info.py"
_LEDGER = "loadtest/src/loadtest/observe/log_group.py"
_PUT = f"{LOGS_API}API_PutLogEvents.html"
_FILTER = f"{LOGS_API}API_FilterLogEvents.html"
_MILLISECONDS = 1000
_MANY = 12_000
_BATCH = 4_000


class _Stream:
    """A log stream of the probe's own, in a group of its own."""

    def __init__(self, lab: Lab) -> None:
        self.client = lab.client("logs")
        self.group = lab.name()
        self.client.create_log_group(logGroupName=self.group)
        lab.defer(self.client.delete_log_group, logGroupName=self.group)
        self.client.create_log_stream(logGroupName=self.group, logStreamName="stream")

    def put(self, *events: tuple[float, str]) -> dict[str, Any]:
        """Put events, each with a Unix time in seconds."""
        answer: dict[str, Any] = self.client.put_log_events(
            logGroupName=self.group,
            logStreamName="stream",
            logEvents=[{"timestamp": int(at * _MILLISECONDS), "message": message} for at, message in events],
        )
        return answer

    def filter(self, **parameters: object) -> list[str]:
        """Return the messages of all pages."""
        pages = self.client.get_paginator("filter_log_events").paginate(logGroupName=self.group, **parameters)
        return [event["message"] for page in pages for event in page["events"]]


@probe(_FILTER, used_by=_LEDGER)
def events_are_found_by_time(lab: Lab) -> None:
    """FilterLogEvents returns the events from startTime on and before endTime, in order."""
    stream = _Stream(lab)
    now = time.time() - 60
    stream.put(*((now + number, str(number)) for number in range(5)))
    start, end = (int((now + number) * _MILLISECONDS) for number in (1, 4))
    wanted = ["1", "2", "3"]

    def found() -> list[str]:
        # The end is documented as exclusive: events later than it are not returned, and the bound itself is not probed.
        return stream.filter(startTime=start, endTime=end - 1)

    lab.settles(lambda: found() == wanted, 10)
    expect(found() == wanted, f"found {found()}")


@probe("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html", used_by=_EVENTS)
def events_are_found_by_their_fields(lab: Lab) -> None:
    """A filter pattern can ask for a property of events that are JSON."""
    stream = _Stream(lab)
    now = time.time() - 60
    stream.put((now, '{"level": "ERROR", "n": 1}'), (now + 1, '{"level": "INFO", "n": 2}'), (now + 2, "no JSON"))
    wanted = ['{"level": "ERROR", "n": 1}']

    def found() -> list[str]:
        return stream.filter(filterPattern='{ $.level = "ERROR" }')

    lab.settles(lambda: found() == wanted, 10)
    expect(found() == wanted, f"found {found()}")


@probe(_FILTER, used_by=_LEDGER, seconds=120)
def more_events_than_a_page_has(lab: Lab) -> None:
    """More events than fit into an answer, at most 10,000, are on further pages."""
    stream = _Stream(lab)
    now = time.time() - 60
    for first in range(0, _MANY, _BATCH):
        stream.put(*((now + number / _MILLISECONDS, str(number)) for number in range(first, first + _BATCH)))

    def number() -> int:
        return len(stream.filter())

    lab.settles(lambda: number() == _MANY, 20)
    found = number()
    expect(found == _MANY, f"{found:,} of {_MANY:,} events on all pages")


@probe(_PUT)
def events_of_a_call_are_in_order(lab: Lab) -> None:
    """Events that are not in chronological order are refused with InvalidParameterException."""
    stream = _Stream(lab)
    now = time.time() - 60
    expect_refused("InvalidParameterException", lambda: stream.put((now + 1, "second"), (now, "first")))


@probe(_PUT)
def events_of_the_past_are_rejected(lab: Lab) -> None:
    """An event that is older than 14 days is not stored: rejectedLogEventsInfo tells so, and the call succeeds."""
    stream = _Stream(lab)
    now = time.time()
    answer = stream.put((now - 20 * 86400, "old"), (now - 5, "new"))
    rejected = answer.get("rejectedLogEventsInfo") or {}
    expect("tooOldLogEventEndIndex" in rejected, f"rejectedLogEventsInfo: {rejected}")


@probe(f"{LOGS_API}API_PutRetentionPolicy.html", used_by="roles/service/meta/argument_specs.yml")
def retention_has_certain_lengths(lab: Lab) -> None:
    """A retention of 14 days is accepted, one of 15 refused with InvalidParameterException."""
    stream = _Stream(lab)
    stream.client.put_retention_policy(logGroupName=stream.group, retentionInDays=14)
    expect_refused(
        "InvalidParameterException ValidationException",
        stream.client.put_retention_policy,
        logGroupName=stream.group,
        retentionInDays=15,
    )


@probe(f"{LOGS_API}API_CreateLogGroup.html")
def a_group_exists_once(lab: Lab) -> None:
    """Creating a log group that exists is refused with ResourceAlreadyExistsException."""
    stream = _Stream(lab)
    expect_refused("ResourceAlreadyExistsException", stream.client.create_log_group, logGroupName=stream.group)
