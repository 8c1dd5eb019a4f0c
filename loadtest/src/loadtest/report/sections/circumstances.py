"""The circumstances under which a run was made, as columns of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.evaluate.table import NOT_MEASURED
from loadtest.report.formatting import number

if TYPE_CHECKING:
    from loadtest.report.report import RunEntry

HEADER = [
    "Started at",
    "CPU of this computer, %",
    "Latest order, ms late",
    "Services' clock ahead, s",
    "Emulators started at",
]


def circumstance_cells(run: RunEntry) -> list[str]:
    """Return the cells below HEADER."""
    clocks = run.clocks
    since = [f"{name} {emulator.started_at:%m-%d %H:%M:%S}" for name, emulator in (run.emulators or {}).items()]
    return [
        started(run),
        number(run.host_cpu_percent),
        number(run.late_max_ms),
        f"{clocks.shift:+.4f} ({clocks.least:+.4f} to {clocks.most:+.4f})" if clocks else NOT_MEASURED,
        ", ".join(since) or NOT_MEASURED,
    ]


def started(run: RunEntry) -> str:
    """Return when a run was started."""
    return f"{run.started_at:%Y-%m-%d %H:%M:%S %Z}" if run.started_at else NOT_MEASURED
