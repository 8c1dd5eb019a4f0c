"""Tests of what is read from the metrics of a service, and of what is calculated from it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.bench.services import loads, wrk
from tests.bench.services.loads import load_api
from tests.bench.services.services import Service, Usage, own_environment, read_usage

METRICS = """# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 5.24288e+07
# TYPE orders_accepted_total counter
orders_accepted_total{route="/orders/async"} 700.0
orders_accepted_total{route="/orders/sync"} 50.0
# TYPE publish_batch_orders histogram
publish_batch_orders_bucket{le="10.0"} 80.0
publish_batch_orders_bucket{le="+Inf"} 80.0
publish_batch_orders_count 80.0
publish_batch_orders_sum 700.0
# TYPE publish_failures_total counter
publish_failures_total{code="CallFailed"} 20.0
publish_failures_total{code="InternalError"} 1.0
"""


def test_the_use_of_a_service_is_read_from_its_metrics() -> None:
    assert read_usage(METRICS) == Usage(12.5, 50.0, 750.0, 80.0, 21.0)
    assert read_usage("# TYPE orders_completed_total counter\norders_completed_total 3.0\n").orders == 3.0


class Metered(Service):
    """A service whose metrics change as given."""

    def __init__(self, *usages: Usage) -> None:
        super().__init__("http://127.0.0.1:1")
        self.usages = list(usages)

    def usage(self) -> Usage:
        return self.usages.pop(0)


def test_a_load_of_two_services_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    results = [wrk.Result(4000, 0, 4.0, 20.0, 40.0), wrk.Result(4100, 100, 4.0, 25.0, None)]
    monkeypatch.setattr(wrk, "load", lambda requests, *_: results[: len(requests)])
    busy = iter([100.0, 106.0])
    monkeypatch.setattr(loads, "_busy_seconds", lambda: next(busy))
    times = iter([10.0, 14.0])
    monkeypatch.setattr(loads, "time", SimpleNamespace(monotonic=lambda: next(times)))
    first = Metered(Usage(1.0, 40.0, 100.0, 10.0, 0.0), Usage(2.0, 44.0, 4100.0, 510.0, 3.0))
    second = Metered(Usage(2.0, 41.0, 0.0, 0.0, 0.0), Usage(3.0, 43.0, 4000.0, 500.0, 0.0))

    load = load_api([(first, 39.0), (second, 40.0)], 100)

    assert load.orders_per_second == 2000
    assert (load.p50_ms, load.p99_ms) == (25.0, 40.0)
    assert (load.failed, load.retries) == (100, 3)
    assert load.cpu_ms == pytest.approx(0.25)  # 2 s for 8,000 orders
    assert (load.cores, load.busy_cores) == (0.5, 1.5)
    assert load.calls == {"PublishBatch": 125.0}
    assert (load.start_mib, load.memory_mib) == (40.0, 44.0)
    assert str(load).endswith("0.250 ms of CPU each, 0.50 of 1.50 cores, 100 failed, 3 retries")


def test_nothing_in_the_environment_leads_calls_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "https://elsewhere.invalid")

    environment = own_environment({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})

    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_SNS"} & environment.keys()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
