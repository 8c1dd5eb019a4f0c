"""The parts of the bench: what is measured, on which targets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

import psutil

from orders.api.settings import Settings
from orders.processor.consumer import max_receive_calls
from orders.processor.settings import Settings as ProcessorSettings
from tests.bench.measurements import System
from tests.bench.services import wrk
from tests.bench.services.services import Service, Usage, run, run_task, run_until_empty
from tests.bench.services.targets import Emulator, Emulators, Target, emulators, stub
from tests.end_to_end.images import docker, service_image

type Systems = Sequence[AbstractContextManager[System]]

CONNECTIONS = (1, 20, 100, 500)
LOAD_SECONDS = 3
# Long enough for a hundredth of the requests to be some.
LOAD_SECONDS_OF_ONE = 5
RAW_SECONDS = 2
# As many as the API has with its default settings.
RAW_CONNECTIONS = Settings(aws_region="", sns_topic_arn="").publish_calls_in_flight
FULL_BATCH = 10
SLOW_MILLISECONDS = 8

ORDERS = 3_000
MANY_ORDERS, MANY_WORKERS, PAYMENT_SECONDS = 10_000, 1_000, 3
MODEL_SECONDS = MANY_ORDERS / MANY_WORKERS * PAYMENT_SECONDS
DRAIN_SECONDS = 60
# As a deployment has.
WORKERS = ProcessorSettings(aws_region="", sqs_queue_url="").num_workers
# `raw` has as many loops as the processor has receive calls.
CONSUMERS = {
    "one loop": ["tests.bench.services.raw_consumer", "1"],
    "raw": ["tests.bench.services.raw_consumer", str(max_receive_calls(WORKERS))],
    "ours": ["tests.bench.services.processor"],
}
TASK_CONNECTIONS = 100
PROCESSOR_SECONDS = 4


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was measured while requests were sent; of the API itself only if they were sent to it.

    ``failed`` are requests without a good response, ``retries`` orders whose publish failed first, each time.
    ``cores`` and ``busy_cores`` are the CPU time of the API and of the whole computer per time.
    """

    orders_per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    failed: int = 0
    retries: int = 0
    cpu_ms: float | None = None
    cores: float | None = None
    busy_cores: float | None = None
    calls: dict[str, float] = field(default_factory=dict)
    memory_mib: float | None = None
    start_mib: float | None = None

    def __str__(self) -> str:
        """Show it as progress."""
        shown = f"{self.orders_per_second:,.0f}/s"
        if self.p50_ms is not None:
            shown += f", p50 {self.p50_ms:.2f} ms"
        if self.p99_ms is not None:
            shown += f", p99 {self.p99_ms:.1f} ms"
        if self.cpu_ms is not None:
            shown += f", {self.cpu_ms:.3f} ms of CPU each, {self.cores:.2f} of {self.busy_cores:.2f} cores"
        problems = [f", {self.failed} failed"] * bool(self.failed) + [f", {self.retries} retries"] * bool(self.retries)
        return "".join([shown, *problems])


@dataclass(frozen=True, kw_only=True)
class Drain:
    """What was measured while a queue was emptied. The calls are those for 1,000 orders."""

    seconds: float
    orders_per_second: float
    cpu_ms: float
    calls: dict[str, float]

    def __str__(self) -> str:
        """Show it as progress."""
        return f"{self.seconds:.1f} s, {self.orders_per_second:,.0f}/s, {self.cpu_ms:.3f} ms of CPU each"


def load_api(services: Sequence[tuple[Service, float]], connections: int) -> Load:
    """Send orders to APIs, each with its memory at the start, on that many connections each."""
    before = [service.usage() for service, _ in services]
    busy = _busy_seconds()
    duration = LOAD_SECONDS_OF_ONE if connections == 1 else LOAD_SECONDS
    results = wrk.load([service.order for service, _ in services], connections, duration)
    busy = _busy_seconds() - busy
    after = [service.usage() for service, _ in services]
    seconds = max(result.seconds for result in results)
    used = _difference(after, before)
    return Load(
        orders_per_second=sum(result.per_second for result in results),
        p50_ms=max(result.p50_ms for result in results),
        p99_ms=max((result.p99_ms for result in results if result.p99_ms is not None), default=None),
        failed=sum(result.failed for result in results),
        retries=round(used.retries),
        cpu_ms=used.cpu_seconds / used.orders * 1000,
        cores=used.cpu_seconds / seconds,
        busy_cores=busy / seconds,
        calls={"PublishBatch": used.publish_calls / used.orders * 1000},
        memory_mib=max(usage.memory_mib for usage in after),
        start_mib=max(start for _, start in services),
    )


def _difference(after: Sequence[Usage], before: Sequence[Usage]) -> Usage:
    return Usage(*(sum(late) - sum(early) for late, early in zip(zip(*after), zip(*before), strict=True)))  # noqa: B905  # all have the same fields


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _health(service: Service) -> Load:
    (result,) = wrk.load([service.health], 1, 1)
    return Load(orders_per_second=result.per_second, p50_ms=result.p50_ms, p99_ms=result.p99_ms, failed=result.failed)


@contextmanager
def _api(target: Target, setting: str) -> Iterator[System]:
    """The API on a target: as it is, or with one order in each call."""
    module, environment = "orders.api", target.environment()
    if setting == "single":
        module = "tests.bench.services.single"
        environment["PUBLISH_CALLS_IN_FLIGHT"] = "256"  # the most that are allowed
    with run(module, environment) as service:
        start = service.usage().memory_mib
        wrk.load([service.order], max(CONNECTIONS[:2]), 1)  # opens its connections
        target.settle()

        def at(connections: int) -> Load:
            load = load_api([(service, start)], connections)
            target.settle()
            return load

        steps: dict[str, Callable[[], Load]] = {str(each): partial(at, each) for each in CONNECTIONS}
        if setting == "single":
            del steps["1"]  # on one connection it is the same
        else:
            steps = {"health": partial(_health, service), **steps}
        yield System(f"{target.name} {setting}", target.title, steps)


@contextmanager
def _raw(target: Target) -> Iterator[System]:
    """Requests to the target itself: an order on one connection, and full batches on as many as the API has."""

    def at(connections: int, orders: int) -> Load:
        (result,) = wrk.load([target.publish_request(orders)], connections, RAW_SECONDS)
        target.settle()
        return Load(
            orders_per_second=result.per_second * orders,
            p50_ms=result.p50_ms,
            p99_ms=result.p99_ms,
            failed=result.failed,
        )

    steps = {"1": partial(at, 1, 1), "full": partial(at, RAW_CONNECTIONS, FULL_BATCH)}
    yield System(f"{target.name} raw", target.title, steps)


def _apis(targets: Sequence[Target]) -> Systems:
    return [
        system for target in targets for system in (_raw(target), *(_api(target, name) for name in ("single", "ours")))
    ]


class Shared(ExitStack):
    """What several parts need. The first of them starts it."""

    @cached_property
    def emulators(self) -> Emulators:
        """Both emulators."""
        return self.enter_context(emulators())


@contextmanager
def api_stub(_: Shared) -> Iterator[Systems]:
    """The API on stubs of SNS."""
    with stub(SLOW_MILLISECONDS) as slow, stub(0) as fast:
        yield _apis([slow, fast])


@contextmanager
def api_emulators(shared: Shared) -> Iterator[Systems]:
    """The API on the emulators."""
    yield _apis([shared.emulators.localstack, shared.emulators.ministack])


def _drain(emulator: Emulator, command: Sequence[str], messages: int, **environment: str) -> Drain:
    module, *arguments = command
    emulator.fill(messages)
    output = run_until_empty(
        [module, str(messages), *arguments], {**emulator.environment(), **environment}, DRAIN_SECONDS
    )
    measured = json.loads(output.splitlines()[-1])
    return Drain(
        seconds=measured["seconds"],
        orders_per_second=messages / measured["seconds"],
        cpu_ms=measured["cpu_seconds"] / messages * 1000,
        calls={name: calls / messages * 1000 for name, calls in measured["calls"].items()},
    )


@contextmanager
def _consumer(emulator: Emulator, setting: str) -> Iterator[System]:
    """The processor on an emulator, with payments that take no time; or a client that only receives and deletes."""
    step = partial(_drain, emulator, CONSUMERS[setting], ORDERS, PAYMENT_SECONDS="0")
    yield System(f"{emulator.name} {setting}", emulator.title, {str(ORDERS): step})


@contextmanager
def processor(shared: Shared) -> Iterator[Systems]:
    """The processor on the emulators."""
    both = (shared.emulators.localstack, shared.emulators.ministack)
    yield [_consumer(emulator, setting) for emulator in both for setting in CONSUMERS]


@contextmanager
def _many_workers(emulator: Emulator) -> Iterator[System]:
    """The processor with many workers."""
    step = partial(
        _drain,
        emulator,
        CONSUMERS["ours"],
        MANY_ORDERS,
        PAYMENT_SECONDS=str(PAYMENT_SECONDS),
        NUM_WORKERS=str(MANY_WORKERS),
    )
    yield System(f"{emulator.name} ours", emulator.title, {str(MANY_ORDERS): step})


@contextmanager
def workers(shared: Shared) -> Iterator[Systems]:
    """The processor with many workers, on LocalStack, which has the queue in deployments on this computer."""
    yield [_many_workers(shared.emulators.localstack)]


@contextmanager
def _api_tasks(target: Target, images: str, network: str, steps: dict[str, tuple[int, int]]) -> Iterator[System]:
    """APIs in containers with the limits of a task; each step has a number of tasks, and connections to each."""
    with ExitStack() as stack:
        environment = target.environment(in_container=True)
        tasks = []
        for _ in range(max(number for number, _ in steps.values())):
            service, _ = stack.enter_context(run_task(images, environment, network))
            tasks.append((service, service.usage().memory_mib))
        for service, _ in tasks:
            wrk.load([service.order], TASK_CONNECTIONS, LOAD_SECONDS)
        target.settle()

        def at(number: int, connections: int) -> Load:
            load = load_api(tasks[:number], connections)
            target.settle()
            return load

        yield System(
            f"{target.name} api-task", target.title, {name: partial(at, *step) for name, step in steps.items()}
        )


@contextmanager
def _processor_tasks(target: Target, image: str, network: str) -> Iterator[System]:
    """Processors in containers with the limits of a task, and a queue that never ends. They stand still between."""
    with ExitStack() as stack:
        environment = {**target.environment(in_container=True), "PAYMENT_SECONDS": "0"}
        tasks = [stack.enter_context(run_task(image, environment, network)) for _ in range(2)]
        for _, container in tasks:
            docker("pause", container)

        def at(number: int) -> Load:
            running = tasks[:number]
            for _, container in running:
                docker("unpause", container)
            time.sleep(1)
            before, busy, began = [service.usage() for service, _ in running], _busy_seconds(), time.monotonic()
            time.sleep(PROCESSOR_SECONDS)
            after, busy, took = (
                [service.usage() for service, _ in running],
                _busy_seconds() - busy,
                time.monotonic() - began,
            )
            for _, container in running:
                docker("pause", container)
            used = _difference(after, before)
            return Load(
                orders_per_second=used.orders / took,
                cpu_ms=used.cpu_seconds / used.orders * 1000,
                cores=used.cpu_seconds / took,
                busy_cores=busy / took,
                memory_mib=max(usage.memory_mib for usage in after),
            )

        yield System(f"{target.name} processor-task", target.title, {"one": partial(at, 1), "two": partial(at, 2)})


@contextmanager
def task(shared: Shared) -> Iterator[Systems]:
    """The services in containers with the limits of a task: an API on MiniStack, one and two of each on a stub."""
    both = shared.emulators
    with service_image("api") as api_image, service_image("processor") as processor_image:
        gateway = docker("network", "inspect", both.network, "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}")
        with stub(SLOW_MILLISECONDS, gateway) as slow:
            yield [
                _api_tasks(
                    both.ministack, api_image, both.network, {"1": (1, 1), str(TASK_CONNECTIONS): (1, TASK_CONNECTIONS)}
                ),
                _api_tasks(slow, api_image, both.network, {"one": (1, TASK_CONNECTIONS), "two": (2, TASK_CONNECTIONS)}),
                _processor_tasks(slow, processor_image, both.network),
            ]


class Part(NamedTuple):
    """A part of the bench.

    ``seconds`` is about what three rounds take, and its share of the time; ``rounds`` is how many it has at most.
    """

    systems: Callable[[Shared], AbstractContextManager[Systems]]
    seconds: float
    rounds: int | None = None


PARTS = {
    "api-stub": Part(api_stub, 190),
    "workers": Part(workers, 80, rounds=1),
    "processor": Part(processor, 80),
    "task": Part(task, 130),
    "api-emulators": Part(api_emulators, 210),
}
