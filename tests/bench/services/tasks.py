"""The services in containers with the limits of a task."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from tests.bench.measurements import System
from tests.bench.services.loads import Load, load, load_api, metered
from tests.bench.services.services import run_task
from tests.end_to_end.images import docker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.bench.services.targets import Target

TASK_CONNECTIONS = 100
_PROCESSOR_SECONDS = 4
_WARM_UP_SECONDS = 2


@contextmanager
def api_tasks(target: Target, image: str, network: str, steps: Mapping[str, tuple[int, int]]) -> Iterator[System]:
    """Run APIs; each step has a number of tasks, and connections to each."""
    with ExitStack() as stack:
        environment = target.environment(in_container=True)
        tasks = []
        for _ in range(max(number for number, _ in steps.values())):
            service, _ = stack.enter_context(run_task(image, environment, network))
            tasks.append((service, service.usage().memory_mib))
        for service, _ in tasks:
            load(service.order, TASK_CONNECTIONS, _WARM_UP_SECONDS)
        target.settle()

        def at(number: int, connections: int) -> Load:
            measured = load_api(tasks[:number], connections)
            target.settle()
            return measured

        yield System(
            f"{target.name} api-task", target.title, {name: partial(at, *step) for name, step in steps.items()}
        )


@contextmanager
def processor_tasks(target: Target, image: str, network: str) -> Iterator[System]:
    """Run one or two processors, on a queue that never ends. They stand still between their steps."""
    with ExitStack() as stack:
        environment = {**target.environment(in_container=True), "PAYMENT_SECONDS": "0"}
        tasks = [stack.enter_context(run_task(image, environment, network)) for _ in range(2)]
        for _, container in tasks:
            docker("pause", container)

        def at(number: int) -> Load:
            for _, container in tasks[:number]:
                docker("unpause", container)
            time.sleep(1)
            with metered([service for service, _ in tasks[:number]]) as meter:
                time.sleep(_PROCESSOR_SECONDS)
            for _, container in tasks[:number]:
                docker("pause", container)
            return Load(
                orders_per_second=meter.orders / meter.seconds,
                cpu_ms=meter.cpu_seconds / meter.orders * 1000,
                cores=meter.cpu_seconds / meter.seconds,
                busy_cores=meter.busy_seconds / meter.seconds,
                memory_mib=meter.memory_mib,
            )

        yield System(f"{target.name} processor-task", target.title, {"one": partial(at, 1), "two": partial(at, 2)})
