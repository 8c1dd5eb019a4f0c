"""The goals of the services, and whether the figures meet them."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.services.api_figures import FAST, FULL_CORE, SLOW, ApiFigures, measured_targets, ratios
from tests.bench.services.consumers import MANY_ORDERS, MANY_WORKERS, MODEL_SECONDS, ORDERS, PAYMENT_SECONDS
from tests.bench.services.figures import Results, shown, values
from tests.bench.services.tasks import TASK_CONNECTIONS
from tests.bench.tables import NOT_MEASURED, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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


def judged(found: Sequence[float], goal: Goal | None, *, passed: bool = False) -> str:
    """Format a figure, and whether its median meets the goal, or another condition does (`passed`)."""
    if not found:
        return NOT_MEASURED
    text = shown(found)
    return f"{text} {'✓' if passed or goal.met(median(found)) else '✗'}" if goal else text


def goals(results: Results) -> str:
    """Return the tables of the goals: of the API on each target, and of the rest."""
    titles = measured_targets(results)
    apis = {target: ApiFigures(results, target) for target in titles}
    text = []
    if apis:
        header = ["the API", "goal", *titles.values()]
        rows = [[title, goal, *(show(target, api) for target, api in apis.items())] for title, goal, show in _API_GOALS]
        text.append(table(header, rows))
    others = [[title, goal, figure] for title, goal, figure in _other_goals(results) if figure != NOT_MEASURED]
    if others:
        text.append(table(["the rest", "goal", "measured"], others))
    return "\n\n".join(text)


def _above_floor(target: str, api: ApiFigures) -> str:
    return judged(api.above_floor(), Goal(0.4 if target == FAST else 0.5))


def _of_raw(target: str, api: ApiFigures) -> str:
    """Judge the share of what an emulator takes, unless the API's core sets the limit."""
    goal = {"localstack": Goal(0.9, least=True), "ministack": Goal(0.8, least=True)}.get(target)
    return judged(api.of_raw(), goal, passed=api.core_full)


def _core(target: str, api: ApiFigures) -> str:
    return judged(api.get("ours", 100, "cores"), Goal(FULL_CORE, least=True) if target == FAST else None)


# A title, the goal, and what shows and judges the figure of a target.
_API_GOALS: list[tuple[str, str, Callable[[str, ApiFigures], str]]] = [
    ("p50 at 1 connection, ms", "", lambda _, api: shown(api.get("ours", 1, "p50_ms"))),
    ("... of which the floor", "", lambda _, api: shown(api.floor())),
    ("... above the floor", "<= 0.5; 0.4 if at once", _above_floor),
    ("CPU per order at 1 connection, ms", "<= 0.6", lambda _, api: judged(api.get("ours", 1, "cpu_ms"), Goal(0.6))),
    (
        "CPU per order at 100 connections, ms",
        "<= 0.15",
        lambda _, api: judged(api.get("ours", 100, "cpu_ms"), Goal(0.15)),
    ),
    ("orders/s at 100 connections", "", lambda _, api: shown(api.get("ours", 100, "orders_per_second"))),
    ("... multiple of `raw`", ">= 0.9; MiniStack 0.8; or its core is full", _of_raw),
    ("... its cores", f">= {FULL_CORE} if at once", _core),
    ("... multiple of `single`", "", lambda _, api: shown(api.of_single())),
    (
        "p99 at 100 connections, the worst round, ms",
        "<= 100",
        lambda _, api: judged(api.worst_p99(), Goal(100)),
    ),
    ("memory after the load, without the image, MiB", "", lambda _, api: shown(api.get("ours", 500, "memory_mib"))),
]


def _other_goals(results: Results) -> list[tuple[str, str, str]]:
    def get(part: str, system: str, step: object, name: str = "orders_per_second") -> list[float]:
        return values(results, part, system, str(step), name)

    rows = [
        (
            f"processor, {ORDERS:,} orders, {title}: multiple of one loop",
            Goal(2, least=True),
            ratios(get("processor", f"{emulator} ours", ORDERS), get("processor", f"{emulator} one loop", ORDERS)),
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
        ("... memory after the start, MiB", Goal(50), get("task", "ministack api-task", 1, "start_mib")),
        (
            "... memory after the load, MiB",
            Goal(50),
            get("task", "ministack api-task", TASK_CONNECTIONS, "memory_mib"),
        ),
        (
            "two API tasks: multiple of one",
            Goal(1.9, least=True),
            ratios(get("task", api, "two"), get("task", api, "one")),
        ),
        (
            "two processor tasks: multiple of one",
            Goal(1.9, least=True),
            ratios(get("task", processor, "two"), get("task", processor, "one")),
        ),
    ]
    return [(title, str(goal), judged(found, goal)) for title, goal, found in rows]
