"""What the runs did over time: timelines, and response times and memory in windows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.report.charts import panels
from loadtest.report.document import Chart, Notice, Table, Text
from loadtest.report.sections.tables import rows_table

if TYPE_CHECKING:
    from loadtest.report.charts.panels import Panels
    from loadtest.report.report import Figures, Report
    from loadtest.report.windows import Windows

_TIMELINE = {
    "offered": "Requests offered, /s",
    "accepted": "Orders accepted, /s",
    "depth": "Depth of the queue, orders",
    "in_flight": "Orders in flight",
    "completed": "Orders completed, /s",
}


def timeline_blocks(report: Report, figures: Figures) -> list[Text | Notice | Table | Chart]:
    """Return what the load, the queue and the completions did over time."""
    timelines = figures.timelines
    shown = {
        label: {name: getattr(own, key) for name, own in timelines.environments.items()}
        for key, label in _TIMELINE.items()
    }
    described = (
        "Five panels above a common time axis: requests offered, orders accepted, depth of the queue, orders in "
        "flight, orders completed; a line for each environment."
    )
    return [
        Text(
            f"{_in_periods(report, f'steps of {timelines.bin_seconds} s')}. Depth counts orders that are waiting "
            "or in flight, by samples of the queue."
        ),
        _chart("timeline", "Load, queue and completions over time", described, shown, timelines.bin_seconds),
    ]


def endurance_blocks(report: Report, figures: Figures) -> list[Text | Notice | Table | Chart]:
    """Return what response times and memory did during the load."""
    blocks: list[Text | Notice | Table | Chart] = []
    if figures.windows:
        blocks += _windows(report, figures.windows)
    else:
        blocks.append(Text("The load was too short for percentiles over time."))
    if figures.memory:
        if not report.single_run:
            blocks.append(
                Text("Of several runs on one deployment only the first counts, as they load the same processes.")
            )
        blocks.append(
            rows_table(report, "Resident memory of a service's largest process", figures.memory, of="deployment")
        )
    else:
        blocks.append(Notice("caution", "Memory was not measured: no run has memory samples."))
    if figures.emulators:
        blocks += [
            Text("This computer is the one that runs the playbook. What the emulators use is their containers' own."),
            rows_table(report, "CPU and memory of this computer and the emulators during the load", figures.emulators),
        ]
    return blocks


def _windows(report: Report, windows: Windows) -> list[Text | Chart]:
    environments = windows.environments.items()
    shown = {"Response time, median, ms": {name: own.response_p50_ms for name, own in environments}}
    p95 = {name: own.response_p95_ms for name, own in environments}
    if any(value is not None for values in p95.values() for value in values):
        shown["Response time, p95, ms"] = p95
    for service in next(iter(windows.environments.values())).memory_mib:
        shown[f"Memory of {service}, MiB"] = {name: own.memory_mib[service] for name, own in environments}
    described = f"Panels above a common time axis: {'; '.join(shown)}; a line for each environment."
    return [
        Text(
            f"{_in_periods(report, f'windows of {windows.window_seconds} s')}. A window has a p95 with 200 answered "
            "requests or more, and a median with 20."
        ),
        _chart("windows", "Response times and memory during the load", described, shown, windows.window_seconds),
    ]


def _in_periods(report: Report, periods: str) -> str:
    return f"In {periods}" if report.single_run else f"Median over the runs of an environment, in {periods}"


def _chart(slug: str, title: str, description: str, shown: Panels, step_seconds: int) -> Chart:
    table = Table("Values at some of the times", panels.header(shown), panels.rows(shown, step_seconds))
    return Chart(slug, title, description, partial(panels.draw, shown, step_seconds), table)
