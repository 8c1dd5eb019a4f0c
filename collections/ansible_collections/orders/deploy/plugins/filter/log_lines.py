"""The filter that makes log events of several services readable, as one text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Event = Mapping[str, Any]

# What of a record is not shown among its other fields: it stands elsewhere in the line, or says little.
_SHOWN_APART = {"time", "level", "logger", "message", "exception"}


def readable(message: str) -> Iterator[str]:
    """Yield the lines that a logged message is shown in.

    A JSON record becomes its level, its message and its other fields, with an exception below. Anything else, such as
    what a library prints, stays as it is.
    """
    try:
        record = json.loads(message)
    except ValueError:
        record = None
    if not isinstance(record, dict) or "message" not in record:
        yield from message.rstrip().splitlines()
        return
    fields = [f"{name}={value}" for name, value in record.items() if name not in _SHOWN_APART]
    yield " ".join([f"{record.get('level', ''):7}", str(record["message"]), *fields])
    yield from str(record.get("exception", "")).splitlines()


def log_lines(logs: Mapping[str, Sequence[Event]], limit: int) -> list[str]:
    """List the latest ``limit`` events of all services in the order of their times, each with its service's name.

    ``logs`` maps a service to its events, as log_events_info returns them.
    """
    width = max(map(len, logs), default=0)
    events = sorted(
        ((event["timestamp"], service, event["message"]) for service, events in logs.items() for event in events),
        key=lambda event: event[0],
    )
    return [
        f"{datetime.fromtimestamp(timestamp / 1000, UTC):%Y-%m-%d %H:%M:%S}  {service:{width}}  {line}"
        for timestamp, service, message in events[-limit:]
        for line in readable(message)
    ]


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Name the filters of this file."""
        return {"log_lines": log_lines}
