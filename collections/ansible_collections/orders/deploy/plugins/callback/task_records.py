"""Record each task of a playbook: its time, its outcome, and the errors of AWS in its result."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: task_records
type: notification
short_description: Record each task of a playbook, and each error of AWS
description:
  - Adds a line of JSON to the file C(tasks.jsonl) for each task that ran on a host, and for each attempt of a task with
    C(until), when it ends. So the lines of a playbook that is killed are kept.
  - A line has C(began) (unix seconds), C(seconds), C(role) or null, C(task), C(host), C(outcome) (V(ok), V(changed),
    V(retried), V(ignored), V(failed) or V(unreachable)), C(message) (why it failed, or empty) and C(errors).
  - C(errors) are the errors of AWS anywhere in the result, each with C(code), C(operation) and C(message). What the AWS
    SDK tries again by itself, such as a call that was throttled, is not among them.
  - Writes what the playbook published with M(ansible.builtin.set_stats) to C(stats.json), also if the playbook failed.
options:
  directory:
    description: The directory of the two files. Without it, nothing is recorded.
    type: path
    env:
      - name: TASK_RECORDS_DIRECTORY
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
ANSIBLE_CALLBACKS_ENABLED: orders.deploy.task_records
TASK_RECORDS_DIRECTORY: results/records
"""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.plugins.callback import CallbackBase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook.task import Task

# The text of botocore's ClientError.
AWS_ERROR = re.compile(
    r"An error occurred \((?P<code>[^()]+)\) when calling the (?P<operation>\w+) operation"
    r"(?: \([^()]*\))?: ?(?P<message>.*)"
)


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible has no types
    """Writes a line when a task ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_records"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Record nothing yet."""
        super().__init__()
        self._began: dict[str, float] = {}  # when the task of each host began
        self._failed_items: dict[str, list[Any]] = {}  # the results of those of the loop that each host runs

    def set_options(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # Ansible's own
        """Read the directory."""
        super().set_options(*arguments, **options)
        directory = self.get_option("directory")
        self.disabled = directory is None
        if directory is not None:
            self._directory = Path(directory)
            self._directory.mkdir(parents=True, exist_ok=True)

    def v2_runner_on_start(self, host: Host, task: Task) -> None:  # noqa: ARG002  # Ansible passes it
        """Keep when a task began."""
        self._began[host.get_name()] = time.time()

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Record a task that succeeded."""
        self._record(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002  # Ansible passes it
        """Record a task that failed."""
        self._record(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        """Record a task whose host cannot be reached."""
        self._record(result, "unreachable")

    def v2_runner_retry(self, result: CallbackTaskResult) -> None:
        """Record an attempt after which the task is tried again."""
        self._record(result, "retried")

    def v2_runner_item_on_failed(self, result: CallbackTaskResult) -> None:
        """Keep the result of an item: that of its task may not have it."""
        self._failed_items.setdefault(result.host.get_name(), []).append(result.result)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Write what the playbook published."""
        published = stats.custom.get("_run", {})
        (self._directory / "stats.json").write_text(json.dumps(published, default=str) + "\n")

    def _record(self, result: CallbackTaskResult, outcome: str) -> None:
        host, task, now = result.host.get_name(), result.task, time.time()
        began = self._began.get(host, now)
        self._began[host] = now  # of the next attempt
        results = [*self._failed_items.pop(host, []), result.result]
        record = {
            "began": round(began, 2),
            "seconds": round(now - began, 2),
            "role": task._role.get_name() if task._role else None,  # noqa: SLF001  # Ansible has no public name for it
            "task": task.name or task.action,
            "host": host,
            "outcome": outcome,
            "message": "" if outcome in ("ok", "changed") else "\n".join(dict.fromkeys(map(reason, results))),
            "errors": aws_errors(results),
        }
        with (self._directory / "tasks.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")


def reason(result: Mapping[str, Any]) -> str:
    """Return the message of a result, and its standard error."""
    return "\n".join(filter(None, [str(result.get("msg") or ""), str(result.get("stderr") or "")]))


def aws_errors(value: object) -> list[dict[str, str]]:
    """Return the different errors of AWS in all texts of a value."""
    found = [match.groupdict() for text in texts(value) for match in AWS_ERROR.finditer(text)]
    return [error for number, error in enumerate(found) if error not in found[:number]]


def texts(value: object) -> Iterator[str]:
    """Yield all texts in nested maps and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
