"""Print each phase of a playbook, what it changed, and errors last."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: phases
type: stdout
short_description: Print each phase of a playbook, what it changed, and errors last
description:
  - Prints a line when a play begins, a line with what it took and what it changed, texts for the reader
    (M(orders.deploy.print_text), M(ansible.builtin.debug) and the like), and the running task after twenty seconds
    without another line.
  - Prints failed tasks as P(ansible.builtin.default#callback) does. In place of the recap, the last lines repeat what
    failed and why.
  - With C(-v), the output is that of P(ansible.builtin.default#callback).
extends_documentation_fragment:
  - ansible.builtin.default_callback
  - ansible.builtin.result_format_callback
requirements:
  - set as stdout in configuration
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
ANSIBLE_STDOUT_CALLBACK: orders.deploy.phases
"""

import textwrap
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible import constants, context
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.utils.display import Display

from ansible_collections.orders.deploy.plugins.plugin_utils.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook import Play
    from ansible.playbook.included_file import IncludedFile
    from ansible.playbook.task import Task as AnsibleTask

SILENCE_SECONDS = 20

# These show what happens themselves, or wait for what the reader types.
TALKING = {"orders.deploy.async_progress", "orders.deploy.command_stream", "ansible.builtin.pause"}


class Task(NamedTuple):
    """A task: its name, the role it belongs to (if any), and whether it is one of ``TALKING``."""

    name: str
    role: str | None
    talks: bool

    @property
    def title(self) -> str:
        """The name, after that of the role."""
        return f"{self.role}: {self.name}" if self.role else self.name


class CallbackModule(Default):  # type: ignore[misc]  # Ansible has no types
    """Shows plays instead of tasks."""

    CALLBACK_NAME = "orders.deploy.phases"

    def __init__(self) -> None:
        """Start the clock."""
        super().__init__()
        self._began = self._phase_began = time.monotonic()
        self._phase = ""  # that begins with the next task
        self._running: dict[str, Task] = {}  # what each host does
        self._changes: list[Task] = []  # of the current phase
        self._changes_in_all = 0
        self._failures: dict[str, str] = {}  # the last one of each host
        self._failed_items: dict[str, list[str]] = {}  # of the loop that each host runs
        self._ends_with_text = False
        self._timer = threading.Timer(0, self._show_running_task)

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Sum up the phase before, and begin the next with its first task: a play may have no hosts."""
        self._play = play
        self._end_phase()
        self._phase = play.get_name().strip()

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Show nothing."""

    def v2_playbook_on_task_start(self, task: AnsibleTask, is_conditional: bool) -> None:  # noqa: FBT001  # Ansible passes it
        """Begin the phase with its first task."""
        super().v2_playbook_on_task_start(task, is_conditional)
        self._begin_phase()

    def v2_playbook_on_handler_task_start(self, task: AnsibleTask) -> None:
        """Begin the phase with its first task."""
        super().v2_playbook_on_handler_task_start(task)
        self._begin_phase()

    def v2_runner_on_start(self, host: Host, task: AnsibleTask) -> None:
        """Keep what the host does."""
        super().v2_runner_on_start(host, task)
        self._running[host.get_name()] = _task(task)

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Record a change; show a text for the reader."""
        self._handle_warnings_and_exception(result)
        self._running.pop(result.host.get_name(), None)
        if result.task.resolved_action == "orders.deploy.print_text":
            self._ends_with_text = True
        if result.result.get("changed"):
            self._changes.append(_task(result.task))
        elif self._run_is_verbose(result):
            self._clean_results(result.result, result.task.action)
            text = result.result.get("msg")
            self._display.display(_printable(text) if isinstance(text, str) else self._dump_results(result.result))

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        """Show nothing."""
        self._running.pop(result.host.get_name(), None)

    def v2_runner_item_on_ok(self, result: CallbackTaskResult) -> None:
        """Show nothing: the task has a result, too."""
        self._handle_warnings_and_exception(result)

    def v2_runner_retry(self, result: CallbackTaskResult) -> None:
        """Show nothing: what lasts is shown as the running task."""

    def v2_playbook_on_include(self, included_file: IncludedFile) -> None:
        """Show nothing."""

    def v2_runner_item_on_failed(self, result: CallbackTaskResult) -> None:
        """Keep the reason: the result of the task has none."""
        self._failed_items.setdefault(result.host.get_name(), []).append(_reason(result.result))
        super().v2_runner_item_on_failed(result)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002  # Ansible passes it
        """Keep what failed for the end."""
        self._keep_failure(result)
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        """Keep what failed for the end."""
        self._keep_failure(result)
        super().v2_runner_on_unreachable(result)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """End with what failed and why, a text for the reader, or the number of changes."""
        failed = sorted({*stats.failures, *stats.dark})
        if failed:
            self._show("Failed")
            for host in failed:
                self._display.display(self._failures.get(host, host), color=constants.COLOR_ERROR)
        elif not self._ends_with_text:
            self._end_phase()
            self._show(f"Done, {_changes(self._changes_in_all)}")
        self._timer.cancel()

    def _begin_phase(self) -> None:
        if self._phase:
            self._phase_began = time.monotonic()
            self._show(self._phase)
            self._phase = ""

    def _keep_failure(self, result: CallbackTaskResult) -> None:
        host = result.host.get_name()
        self._running.pop(host, None)
        reasons = self._failed_items.pop(host, []) or [_reason(result.result)]
        self._failures[host] = "\n".join([f"{result.task.get_name()} [{self.host_label(result)}]:", *reasons])

    def _end_phase(self) -> None:
        """Show what the phase took, with the names of what it changed, or their number by role if there are many."""
        if self._changes:
            took = f"  {time.monotonic() - self._phase_began:.0f} s, {_changes(len(self._changes))}: "
            names = took + ", ".join(dict.fromkeys(task.title for task in self._changes))
            roles = Counter(task.role or "the play" for task in self._changes)
            width = self._display.columns - 8
            if len(names) > width and not context.CLIARGS["check"]:
                names = took + ", ".join(f"{role} {count}" for role, count in roles.items())
            self._show(textwrap.fill(names, width, subsequent_indent=" " * 10), constants.COLOR_CHANGED)
        self._changes_in_all += len(self._changes)
        self._changes = []

    def _show_running_task(self) -> None:
        running = list(self._running.values())
        if not running or any(task.talks for task in running):
            self._await_silence()
        else:
            self._show(f"  {', '.join(task.title for task in running)} ...")

    def _show(self, text: str, color: str | None = None) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self._display.display(f"{minutes:3}:{seconds:02}  {text}", color=color)
        self._ends_with_text = False
        self._await_silence()

    def _await_silence(self) -> None:
        self._timer.cancel()
        self._timer = threading.Timer(SILENCE_SECONDS, self._show_running_task)
        self._timer.daemon = True
        self._timer.start()


def _task(task: AnsibleTask) -> Task:
    role = task._role.get_name() if task._role else None  # noqa: SLF001  # Ansible has no public name for it
    return Task(task.name or task.action, role, task.resolved_action in TALKING)


def _changes(count: int) -> str:
    """Return the number of changes in words."""
    would = " in check mode" if context.CLIARGS["check"] else ""
    return f"{count or 'no'} change{'' if count == 1 else 's'}{would}"


def _reason(result: Mapping[str, Any]) -> str:
    """Return the message of a failure, and the last line of its standard error: all of both is above."""
    message = str(result.get("msg") or result.get("censored") or "")
    return _printable("\n".join([message, *str(result.get("stderr") or "").splitlines()[-1:]]))


def _printable(text: str) -> str:
    return "\n".join(map(printable, text.splitlines()))


if Display().verbosity:
    CallbackModule = Default  # type: ignore[misc]  # Ansible takes the class with this name
