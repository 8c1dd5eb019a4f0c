"""Format log events as lines of text."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: log_lines
short_description: Format log events as lines of text
description:
  - Merges the events of several services in the order of their times, with the time and the service before each.
  - A JSON record is shown as its level, its message and its other fields, and an exception below them. Any other
    message is shown as it is.
positional: limit
options:
  _input:
    description: The events by service, as M(orders.deploy.cloudwatchlogs_events_info) returns them.
    type: dict
    required: true
  limit:
    description: The maximum number of events. The latest are shown.
    type: int
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the latest ten events
  ansible.builtin.debug:
    msg: "{{ {'api': log.events} | orders.deploy.log_lines(10) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.orders.deploy.plugins.plugin_utils.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Event = Mapping[str, Any]

# Fields of a record that are shown elsewhere in the line, or not at all.
_SHOWN_APART = {"time", "level", "logger", "message", "exception"}


def readable(message: str) -> Iterator[str]:
    """Yield the lines of a logged message."""
    try:
        record = json.loads(message)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or "message" not in record:
        yield from message.rstrip().splitlines()
        return
    fields = [f"{name}={value}" for name, value in record.items() if name not in _SHOWN_APART]
    yield " ".join([f"{record.get('level', '')!s:7}", str(record["message"]), *fields])
    yield from str(record.get("exception", "")).splitlines()


def log_lines(logs: Mapping[str, Sequence[Event]], limit: int) -> list[str]:
    """Return the lines of the latest ``limit`` events of all services in the order of their times.

    ``logs`` maps the name of a service to its events: ``timestamp`` (milliseconds since 1970) and ``message``.
    """
    width = max(map(len, logs), default=0)
    events = sorted(
        ((event["timestamp"], service, event["message"]) for service, events in logs.items() for event in events),
        key=lambda event: event[0],
    )
    return [
        f"{datetime.fromtimestamp(timestamp / 1000, UTC):%Y-%m-%d %H:%M:%S}  {service:{width}}  {printable(line)}"
        for timestamp, service, message in events[-limit:]
        for line in readable(message)
    ]


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"log_lines": log_lines}
