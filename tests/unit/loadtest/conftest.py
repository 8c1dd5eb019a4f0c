"""Shared fixtures: a scenario, a synthetic run directory, a small order API, and a clock that jumps."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, override

import msgspec
import pytest

from loadtest.observe.log_group import Line, LogGroup
from loadtest.record.rows import (
    Completion,
    DeadLetter,
    EmulatorSample,
    GeneratorSample,
    HostSample,
    MemorySample,
    QueueSample,
    Redelivery,
    Request,
    write_rows,
)
from loadtest.record.run_directory import RunDirectory
from loadtest.record.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = 1_700_000_000.0

SCENARIO: dict[str, Any] = {
    "name": "synthetic",
    "description": "4 users for 60 s",
    "users": 4,
    "spawn_rate_per_second": 2,
    "duration_seconds": 60,
    "stop_timeout_seconds": 1,
    "wait_seconds": {"min": 0.2, "max": 0.4},
    "order": {
        "items": 1,
        "customer_id": {"min": 1, "max": 1000},
        "quantity": {"min": 1, "max": 5},
        "price": {"min": 10, "max": 100},
    },
    "max_failure_ratio": 0.01,
}

OPEN_MODEL: dict[str, Any] = {"wait_seconds": {"min": 0, "max": 0}, "arrivals_per_second": 10}


class JumpingClock:
    """A clock that advances only by sleep."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def time(self) -> float:
        return START + self.elapsed

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class Lines(LogGroup):
    """A log group with given lines."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    @override
    def lines(self, since: float) -> Iterator[Line]:
        return (Line("stream", text) for text in self._texts)


class OrderApi(ThreadingHTTPServer):
    """Accepts orders as the order API does, and records them."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[dict[str, Any]] = []
        self.answers: Counter[str] = Counter()
        self.warmed = 0
        self.released = threading.Event()
        self.behaviour = "accept"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: OrderApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.warmed += 1
        self._answer(200, b"ok")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body) | {"path": self.path})
        number = len(self.server.received)
        match self.server.behaviour:
            case "hang":
                self.server.released.wait(30)
                self.close_connection = True
            case "slow":
                time.sleep(0.8)  # less than the stop timeout
                self._answer(202, json.dumps({"order_id": f"order-{number}-{time.time_ns()}"}).encode())
            case "fail some" if number % 3 == 0:
                self._answer(503, b"queue full")
            case "fail some" if number % 3 == 1:
                self._answer(202, b"{}")
            case _:
                self._answer(202, json.dumps({"order_id": f"order-{number}-{time.time_ns()}"}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.server.answers[str(status)] += 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object, **__: object) -> None:
        """Print nothing."""


@pytest.fixture
def order_api() -> Iterator[OrderApi]:
    with OrderApi() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def scenario() -> Scenario:
    return msgspec.convert(SCENARIO, Scenario)


@pytest.fixture
def open_model() -> Scenario:
    """A scenario of 580 orders that are due within 58 seconds."""
    return msgspec.convert(SCENARIO | OPEN_MODEL, Scenario)


@pytest.fixture
def run_directory(tmp_path: Path) -> RunDirectory:
    """A run that passes all gates: 4 users, who send an order every 0.4 s; all are paid for within 10 s.

    A dead letter of another run was there before, and still is.
    """
    run_directory = RunDirectory(tmp_path)
    requests = [
        Request(START + user * 0.1 + turn * 0.4, 100.0 + turn % 10, 202, f"order-{user}-{turn}", "")
        for user in range(4)
        for turn in range(149)
    ]
    completions = [
        Completion(each.order_id, each.started_at + 0.05, each.started_at + 3.05 + (index % 5), 1)
        for index, each in enumerate(requests)
    ]
    write_rows(tmp_path / "requests-host-1.csv", Request, requests)
    samples = [GeneratorSample(START - 0.01 + second, 4, 95.0 if second < 1 else 20.0) for second in range(61)]
    write_rows(tmp_path / "generator-host-1.csv", GeneratorSample, samples)
    queue = [
        QueueSample(START - 2 + second, 3 if 2 < second < 70 else 0, 40 if 2 < second < 70 else 0, 0, 1)
        for second in range(80)
    ]
    write_rows(run_directory.queue, QueueSample, queue)
    write_rows(run_directory.completions, Completion, completions)
    write_rows(run_directory.redeliveries, Redelivery, [Redelivery(completions[0].order_id, "m-2", 1)])
    write_rows(run_directory.dead_letters, DeadLetter, [DeadLetter("m-1", "of another run")])
    memory = [
        MemorySample(START - 5 + 10 * turn, service, f"{service}/1", 60.0 + turn)
        for turn in range(8)
        for service in ("api", "processor")
    ]
    write_rows(run_directory.memory, MemorySample, memory)
    host = [HostSample(START - 2 + second, 90.0 if second < 2 else 30.0) for second in range(60)]
    write_rows(run_directory.host, HostSample, host)
    emulators = [EmulatorSample(START + second, "localstack", 40.0, 300.0 + second) for second in range(60)]
    write_rows(run_directory.emulators, EmulatorSample, emulators)
    run_directory.scenario.write_bytes(msgspec.yaml.encode(SCENARIO))
    run_directory.generator.write_text('{"python": "3.13.0", "locust": "2.47.0", "cpu_count": 2}\n')
    run_directory.locust.write_text(json.dumps([{"num_requests": len(requests), "num_failures": 0}]))
    context = {
        "environment": "localstack",
        "run_id": "20231114-221320",
        "scenario": "synthetic",
        "started_at": "2023-11-14T22:13:20Z",
        "versions": {"localstack": "4.14.0"},
        "settings": {"workers": 100, "payment_seconds": 3, "linger_ms": 5},
        "host": {"cpus": 2},
        "deployment": {"total_seconds": 41.2, "roles": {"network": 6.5}, "changed": 31},
    }
    run_directory.context.write_text(json.dumps(context))
    return run_directory
