"""The parts of the bench: what is measured, on which targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from typing import NamedTuple

from tests.bench.measurements import System
from tests.bench.services.api import api, raw
from tests.bench.services.consumers import CONSUMERS, consumer, many_workers
from tests.bench.services.targets import SLOW_MILLISECONDS, Emulators, Target, emulators, stub
from tests.bench.services.tasks import TASK_CONNECTIONS, api_tasks, processor_tasks
from tests.end_to_end.images import docker, service_image

type Systems = Sequence[AbstractContextManager[System]]


class Shared(ExitStack):
    """What several parts need. The first of them starts it."""

    @cached_property
    def emulators(self) -> Emulators:
        """Both emulators."""
        return self.enter_context(emulators())


def _apis(targets: Sequence[Target]) -> Systems:
    return [system for target in targets for system in (raw(target), api(target, "single"), api(target, "ours"))]


@contextmanager
def api_stub(_: Shared) -> Iterator[Systems]:
    """The API on stubs of SNS."""
    with stub(SLOW_MILLISECONDS) as slow, stub(0) as fast:
        yield _apis([slow, fast])


@contextmanager
def api_emulators(shared: Shared) -> Iterator[Systems]:
    """The API on the emulators."""
    yield _apis([shared.emulators.localstack, shared.emulators.ministack])


@contextmanager
def processor(shared: Shared) -> Iterator[Systems]:
    """The processor on the emulators."""
    both = (shared.emulators.localstack, shared.emulators.ministack)
    yield [consumer(emulator, setting) for emulator in both for setting in CONSUMERS]


@contextmanager
def workers(shared: Shared) -> Iterator[Systems]:
    """The processor with many workers, on LocalStack, which has the queue in deployments on this computer."""
    yield [many_workers(shared.emulators.localstack)]


@contextmanager
def task(shared: Shared) -> Iterator[Systems]:
    """The services in containers with the limits of a task: an API on MiniStack, one and two of each on a stub."""
    network, ministack = shared.emulators.network, shared.emulators.ministack
    one, two = (1, TASK_CONNECTIONS), (2, TASK_CONNECTIONS)
    with service_image("api") as api_image, service_image("processor") as processor_image:
        gateway = docker("network", "inspect", network, "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}")
        with stub(SLOW_MILLISECONDS, gateway) as slow:
            yield [
                api_tasks(ministack, api_image, network, {"1": (1, 1), str(TASK_CONNECTIONS): one}),
                api_tasks(slow, api_image, network, {"one": one, "two": two}),
                processor_tasks(slow, processor_image, network),
            ]


class Part(NamedTuple):
    """A part of the bench.

    ``seconds`` is about what three rounds take, and its share of the time; ``rounds`` is how many it has at most.
    """

    systems: Callable[[Shared], AbstractContextManager[Systems]]
    seconds: float
    rounds: int | None = None


PARTS = {
    "api-stub": Part(api_stub, 170),
    "workers": Part(workers, 70, rounds=1),
    "processor": Part(processor, 100),
    "task": Part(task, 130),
    "api-emulators": Part(api_emulators, 220),
}
