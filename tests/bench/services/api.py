"""The API on a target, with one order in each call, and the target itself."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from orders.api.settings import Settings
from tests.bench.measurements import System
from tests.bench.services.loads import SECONDS, Load, load, load_api
from tests.bench.services.services import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.services.targets import Target

CONNECTIONS = (1, 20, 100, 500)
# As many as the API has with its default settings.
RAW_CONNECTIONS = Settings(aws_region="", sns_topic_arn="").publish_calls_in_flight
FULL_BATCH = 10
# Only "ours" needs enough requests for a 99th percentile.
_OTHER_SECONDS = 2
_MODULES = {"ours": "orders.api", "single": "tests.bench.services.single"}
_MOST_CALLS_IN_FLIGHT = 256


@contextmanager
def api(target: Target, setting: str) -> Iterator[System]:
    """Run the API on a target: as it is ("ours"), or with one order in each call ("single")."""
    environment = target.environment()
    if setting == "single":
        environment["PUBLISH_CALLS_IN_FLIGHT"] = str(_MOST_CALLS_IN_FLIGHT)
    with run(_MODULES[setting], environment) as service:
        start = service.usage().memory_mib
        load(service.order, CONNECTIONS[1], 1)  # opens its connections
        target.settle()

        def at(connections: int) -> Load:
            measured = load_api([(service, start)], connections, _OTHER_SECONDS if setting == "single" else SECONDS)
            target.settle()
            return measured

        steps: dict[str, Callable[[], Load]] = {str(each): partial(at, each) for each in CONNECTIONS}
        if setting == "single":
            del steps["1"]  # on one connection it is the same
        else:
            steps = {"health": partial(load, service.health, 1, 1), **steps}
        yield System(f"{target.name} {setting}", target.title, steps)


@contextmanager
def raw(target: Target) -> Iterator[System]:
    """Send to the target itself: an order on one connection, and full batches on as many as the API has."""

    def at(connections: int, orders: int) -> Load:
        measured = load(target.publish_request(orders), connections, _OTHER_SECONDS, orders)
        target.settle()
        return measured

    steps = {"1": partial(at, 1, 1), "full": partial(at, RAW_CONNECTIONS, FULL_BATCH)}
    yield System(f"{target.name} raw", target.title, steps)
