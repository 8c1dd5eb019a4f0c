"""The tables of `bench.json`, in Markdown."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench.services.figures import Results, changes, values
from tests.bench.services.parts import (
    CONNECTIONS,
    FULL_BATCH,
    MANY_ORDERS,
    MANY_WORKERS,
    MODEL_SECONDS,
    ORDERS,
    PAYMENT_SECONDS,
    RAW_CONNECTIONS,
    SLOW_MILLISECONDS,
    TASK_CONNECTIONS,
)
from tests.bench.services.scale import prices, scale
from tests.bench.tables import NOT_MEASURED, environment, spread, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SLOW, FAST = f"stub-{SLOW_MILLISECONDS}ms", "stub-0ms"
# In the order of the tables, each with the part that measures it.
TARGETS = {"localstack": "api-emulators", "ministack": "api-emulators", SLOW: "api-stub", FAST: "api-stub"}
# A core is full if the API uses this much of it.
FULL_CORE = 0.95

LOAD_COLUMNS = {
    "orders/s": "orders_per_second",
    "p50, ms": "p50_ms",
    "p99, ms": "p99_ms",
    "CPU per order, ms": "cpu_ms",
    "its cores": "cores",
    "all cores": "busy_cores",
}


class Goal(NamedTuple):
    """What a figure should be at least, or at most."""

    limit: float
    least: bool = False

    def __str__(self) -> str:
        """Show it in a table."""
        return f"{'>=' if self.least else '<='} {self.limit:g}"

    def met(self, value: float) -> bool:
        """Whether a value meets it."""
        return value >= self.limit if self.least else value <= self.limit


def number(value: float) -> str:
    """Format a figure with three digits, and larger ones as whole numbers."""
    if value >= 99.5 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.{2 if value >= 0.0995 and value < 9.995 else 1 if value >= 9.995 else 3}f}"


def shown(found: Sequence[float]) -> str:
    """Format the median and the range of a figure."""
    return spread(found, number)


def judged(found: Sequence[float], goal: Goal | None, *, whole: str = "", passed: bool = False) -> str:
    """Format a figure, and whether its median meets the goal, or another condition does (`passed`)."""
    if not found:
        return NOT_MEASURED
    text = f"{shown(found)}{whole}"
    return f"{text} {'✓' if passed or goal.met(median(found)) else '✗'}" if goal else text


def _ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratios of two figures that were measured in the same rounds."""
    return [first / second for first, second in zip(over, under, strict=False)]


class _Api:
    """The figures of the API on a target."""

    def __init__(self, results: Results, target: str) -> None:
        self._results = results
        self._target = target

    def get(self, setting: str, step: object, name: str) -> list[float]:
        return values(self._results, TARGETS[self._target], f"{self._target} {setting}", str(step), name)

    def floor(self) -> list[float]:
        """The median times of the target and of a health check, added up."""
        health, raw = self.get("ours", "health", "p50_ms"), self.get("raw", 1, "p50_ms")
        return [first + second for first, second in zip(health, raw, strict=False)]

    def above_floor(self) -> list[float]:
        return [own - floor for own, floor in zip(self.get("ours", 1, "p50_ms"), self.floor(), strict=False)]

    def worst_p99(self) -> list[float]:
        """The 99th percentile of the worst round, at 100 connections."""
        found = self.get("ours", 100, "p99_ms")
        return [max(found)] if found else []

    def of_raw(self) -> str:
        """The share of what the target takes, and whether the target or the API's core sets the limit."""
        goal = {"localstack": Goal(0.9, least=True), "ministack": Goal(0.8, least=True)}.get(self._target)
        found = _ratios(self.get("ours", 100, "orders_per_second"), self.get("raw", "full", "orders_per_second"))
        cores = self.get("ours", 100, "cores")
        full = bool(cores) and median(cores) >= FULL_CORE
        return judged(found, goal or Goal(0.9, least=True), whole=", core full" if full else "", passed=full)


def goals(results: Results) -> str:
    """Return the table of the goals."""
    titles = measured_targets(results)
    apis = {target: _Api(results, target) for target in titles}
    rows: list[tuple[str, str, Callable[[str, _Api], str]]] = [
        ("p50 at 1 connection, ms", "", lambda _, api: shown(api.get("ours", 1, "p50_ms"))),
        ("... of which the floor", "", lambda _, api: shown(api.floor())),
        (
            "... above the floor",
            "<= 0.5; 0.4 if fast",
            lambda target, api: judged(api.above_floor(), Goal(0.4 if target == FAST else 0.5)),
        ),
        ("CPU per order at 1 connection, ms", "<= 0.6", lambda _, api: judged(api.get("ours", 1, "cpu_ms"), Goal(0.6))),
        (
            "CPU per order at 100 connections, ms",
            "<= 0.15",
            lambda _, api: judged(api.get("ours", 100, "cpu_ms"), Goal(0.15)),
        ),
        ("orders/s at 100 connections", "", lambda _, api: shown(api.get("ours", 100, "orders_per_second"))),
        ("... multiple of `raw`", ">= 0.9; MiniStack 0.8; or its core full", lambda _, api: api.of_raw()),
        (
            "... multiple of `single`",
            "",
            lambda _, api: shown(
                _ratios(
                    api.get("ours", 100, "orders_per_second"),
                    api.get("single", 100, "orders_per_second"),
                )
            ),
        ),
        (
            "p99 at 100 connections, the worst round, ms",
            "<= 100",
            lambda _, api: judged(api.worst_p99(), Goal(100)),
        ),
        ("memory after the load, MiB", "<= 50", lambda _, api: judged(api.get("ours", 500, "memory_mib"), Goal(50))),
        ("... after the start", "", lambda _, api: shown(api.get("ours", 500, "start_mib"))),
    ]
    text = []
    if apis:
        text.append(
            table(
                ["the API", "goal", *titles.values()],
                [[title, goal, *(show(target, api) for target, api in apis.items())] for title, goal, show in rows],
            )
        )
    others = [[title, goal, figure] for title, goal, figure in _other_goals(results) if figure != NOT_MEASURED]
    if others:
        text.append(table(["the rest", "goal", "measured"], others))
    return "\n\n".join(text)


def measured_targets(results: Results) -> dict[str, str]:
    """Return the targets of the API that were measured, in the order of the tables, with their titles."""
    titles = {
        (part, system["name"].partition(" ")[0]): system["title"]
        for part, measured in results.items()
        for system in measured["systems"]
    }
    return {target: titles[part, target] for target, part in TARGETS.items() if (part, target) in titles}


def _other_goals(results: Results) -> list[tuple[str, str, str]]:
    def get(part: str, system: str, step: object, name: str = "orders_per_second") -> list[float]:
        return values(results, part, system, str(step), name)

    rows = [
        (
            f"processor, {ORDERS:,} orders, {title}: multiple of one loop",
            Goal(2, least=True),
            _ratios(get("processor", f"{emulator} ours", ORDERS), get("processor", f"{emulator} one loop", ORDERS)),
        )
        for emulator, title in (("localstack", "LocalStack"), ("ministack", "MiniStack"))
    ]
    took = get("workers", "localstack ours", MANY_ORDERS, "seconds")
    api, processor = f"{SLOW} api-task", f"{SLOW} processor-task"
    rows += [
        (
            f"processor, {MANY_WORKERS:,} workers, {MANY_ORDERS:,} orders, {PAYMENT_SECONDS} s: multiple of the model",
            Goal(1.02),
            [each / MODEL_SECONDS for each in took],
        ),
        (
            "API in a task of 0.25 CPU, MiniStack, 100 connections: orders/s",
            Goal(1600, least=True),
            get("task", "ministack api-task", TASK_CONNECTIONS),
        ),
        (
            "... 1 connection: p99, ms",
            Goal(20),
            get("task", "ministack api-task", 1, "p99_ms"),
        ),
        (
            "two API tasks: multiple of one",
            Goal(1.9, least=True),
            _ratios(get("task", api, "two"), get("task", api, "one")),
        ),
        (
            "two processor tasks: multiple of one",
            Goal(1.9, least=True),
            _ratios(get("task", processor, "two"), get("task", processor, "one")),
        ),
    ]
    return [(title, str(goal), judged(found, goal)) for title, goal, found in rows]


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
        api = _Api(results, target)
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
            found = _Api(results, SLOW).get(setting, connections, "PublishBatch")
            if found:
                rows.append(
                    [
                        f"SNS, {connections} connections, {setting}",
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
    rest = f"{len(found) - len(differing)} other figures: no difference is shown, as the ranges of the rounds overlap."
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
