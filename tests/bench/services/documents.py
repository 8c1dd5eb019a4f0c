"""The tables of `bench.json`, in Markdown."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.bench.services.api import CONNECTIONS, FULL_BATCH, RAW_CONNECTIONS
from tests.bench.services.api_figures import SLOW, ApiFigures, measured_targets
from tests.bench.services.consumers import ORDERS
from tests.bench.services.figures import Results, changes, shown, values
from tests.bench.services.goals import goals
from tests.bench.services.scale import prices, scale
from tests.bench.tables import NOT_MEASURED, environment, table

LOAD_COLUMNS = {
    "orders/s": "orders_per_second",
    "p50, ms": "p50_ms",
    "p99, ms": "p99_ms",
    "CPU per order, ms": "cpu_ms",
    "its cores": "cores",
    "all cores": "busy_cores",
}


def part(results: Results, name: str) -> str:
    """Return the tables of a part."""
    measured = results[name]
    return "\n\n".join(
        [
            _environment(measured),
            *measured["notes"],
            (_api_table if name.startswith("api") else _system_table)(results, name),
        ]
    )


def _environment(measured: dict[str, Any]) -> str:
    text = environment(measured)
    return text[0].upper() + text[1:]


def _api_table(results: Results, name: str) -> str:
    rows = []
    for target, title in measured_targets({name: results[name]}).items():
        api = ApiFigures(results, target)
        steps = [("health", "health", "1"), ("raw", "1", "1")]
        steps += [(setting, str(number), str(number)) for number in CONNECTIONS for setting in ("single", "ours")]
        steps += [("raw", "full", str(RAW_CONNECTIONS))]
        for setting, step, connections in steps:
            system = "ours" if setting == "health" else setting
            cells = [shown(api.get(system, step, column)) for column in LOAD_COLUMNS.values()]
            calls = shown(api.get(system, step, "PublishBatch"))
            if any(cell != NOT_MEASURED for cell in cells):
                what = {"full": f"raw, {FULL_BATCH} orders each", "health": "`GET /health`"}.get(step, setting)
                rows.append([title, connections, what, *cells, calls])
    return table(["", "connections", "", *LOAD_COLUMNS, "calls for 1,000 orders"], rows)


COLUMNS = {
    "seconds": "seconds",
    **LOAD_COLUMNS,
    "memory, MiB": "memory_mib",
    "ReceiveMessage for 1,000": "ReceiveMessage",
    "DeleteMessageBatch for 1,000": "DeleteMessageBatch",
    "ChangeMessageVisibilityBatch for 1,000": "ChangeMessageVisibilityBatch",
}


def _system_table(results: Results, name: str) -> str:
    rows = [
        [
            f"{system['title']}: {system['name'].partition(' ')[2]}",
            step,
            *(shown(values(results, name, system["name"], step, column)) for column in COLUMNS.values()),
        ]
        for system in results[name]["systems"]
        for step in system["figures"]
    ]
    header = ["", "", *COLUMNS]
    used = [
        index
        for index in range(len(header))
        if index < 2 or any(row[index] != NOT_MEASURED for row in rows)  # names
    ]
    return table([header[index] for index in used], [[row[index] for index in used] for row in rows])


def call_prices(results: Results) -> str:
    """Return the table of what the calls of a million orders cost."""
    by_use = prices()["__plan_by_use"]
    calls = {
        name: values(results, "processor", "localstack ours", str(ORDERS), name)
        for name in ("ReceiveMessage", "DeleteMessageBatch")
    }
    rows = []
    for connections in CONNECTIONS:
        for setting in ("single", "ours"):
            found = ApiFigures(results, SLOW).get(setting, connections, "PublishBatch")
            if found:
                rows.append(
                    [
                        f"SNS, PublishBatch, connections: {connections}, {setting}",
                        shown(found),
                        f"{median(found) / 1000 * by_use['sns']['price']:.3f}",
                    ]
                )
    for name, found in calls.items():
        if found:
            price = f"{median(found) / 1000 * by_use['sqs']['price']:.3f}"
            rows.append([f"SQS, {name}, a full queue", shown(found), price])
    return table(["", "calls for 1,000 orders", "dollars for 1,000,000 orders"], rows) if rows else ""


def comparison(before: Results, after: Results) -> str:
    """Return the table of the figures that differ from an earlier run by more than the rounds of each."""
    found = changes(before, after)
    differing = [change for change in found if change.shown]
    rows = [
        [
            str(change.key),
            shown(change.before),
            shown(change.after),
            NOT_MEASURED if change.ratio is None else f"{change.ratio:.2f}",
            "better" if change.better else "worse",
        ]
        for change in sorted(differing, key=lambda change: change.better)
    ]
    rest = f"{len(found) - len(differing)} other figures: no difference is shown."
    return "\n\n".join([*([table(["", "before", "now", "ratio", ""], rows)] if rows else []), rest])


def documents(results: Results) -> dict[str, str]:
    """Return all tables, by their names."""
    return {
        name: text
        for name, text in {
            "goals": goals(results),
            "prices": call_prices(results),
            "scale": scale(results),
            **{name: part(results, name) for name in results},
        }.items()
        if text
    }
