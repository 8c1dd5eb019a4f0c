"""Locust against a small order API on loopback, in separate processes, as Locust patches the interpreter."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from loadtest.evaluate.gates import generator_never_paused, load_sent_as_planned, orders_sent_when_due
from loadtest.record.documents import read_document
from loadtest.record.rows import GeneratorSample, Request, read_rows
from loadtest.record.run import Generator
from loadtest.record.run_directory import RunDirectory
from loadtest.record.scenario import read_scenario
from tests.ports import free_port
from tests.unit.loadtest.conftest import OPEN_MODEL, SCENARIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.loadtest.conftest import OrderApi

LOAD = SCENARIO | {
    "users": 5,
    "spawn_rate_per_second": 10,
    "duration_seconds": 2,
    "wait_seconds": {"min": 0.05, "max": 0.15},
}
TIMEOUT_SECONDS = 40


def start(
    tmp_path: Path,
    host: str,
    *options: str,
    load: dict[str, Any] = LOAD,
    working_directory: Path | None = None,
    **environment: str,
) -> subprocess.Popen[str]:
    scenario = tmp_path / "load.yml"
    scenario.write_bytes(msgspec.yaml.encode(load))
    command = [sys.executable, "-m", "loadtest", "generate", "--scenario", str(scenario), "--host", host]
    return subprocess.Popen(  # noqa: S603  # our own command
        [*command, "--run-directory", str(tmp_path / "run"), *options],
        env=os.environ | environment,
        cwd=working_directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], *, status: int = 0) -> str:
    """Wait for the process to exit with a status, and return what it printed."""
    try:
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == status, output
    return output


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)


def locust_count(run_directory: RunDirectory) -> tuple[int, int]:
    """Return requests and failures in Locust's own statistics."""
    [entry] = json.loads((run_directory.path / "locust.json").read_text())
    return entry["num_requests"], entry["num_failures"]


def test_each_request_is_counted_once(tmp_path: Path, order_api: OrderApi) -> None:
    finish(start(tmp_path, order_api.url))
    run_directory = RunDirectory(tmp_path / "run")
    [requests_file], [samples_file] = run_directory.request_files(), run_directory.sample_files()
    requests, samples = read_rows(requests_file, Request), read_rows(samples_file, GeneratorSample)

    assert len(requests) == len(order_api.received) == locust_count(run_directory)[0] > LOAD["users"]
    assert {order["path"] for order in order_api.received} == {"/orders/async"}
    assert order_api.received[0].keys() == {"customer_id", "items", "path"}
    assert len({request.order_id for request in requests}) == len(requests)
    assert all(request.status == 202 and not request.error for request in requests)
    assert any(request.response_ms != round(request.response_ms) for request in requests)

    assert load_sent_as_planned([samples], [], read_scenario(run_directory.scenario)).passed
    assert samples[0].time <= min(request.started_at for request in requests)
    # Users whose wait ended while Locust prepared the stop still start a request, milliseconds after it is announced.
    assert samples[-1].time + 0.1 >= max(request.started_at for request in requests)
    assert samples[-1].users == LOAD["users"]

    progress = run_directory.generator_progress.read_text()
    assert progress.startswith(f"2 s of 2 s · 0 users · {len(requests)} accepted · 0 failed · ")
    assert read_scenario(run_directory.scenario).name == LOAD["name"]
    assert read_document(run_directory.generator, Generator).locust
    assert (run_directory.path / "locust.html").is_file()
    assert (run_directory.path / "locust_stats_history.csv").is_file()


def test_in_the_open_model_orders_are_sent_when_they_are_due(tmp_path: Path, order_api: OrderApi) -> None:
    # Of two seconds, half a second is the ramp. A user for each order: one that is due while all are busy is dropped.
    load = LOAD | OPEN_MODEL | {"arrivals_per_second": 20, "users": 30, "spawn_rate_per_second": 60}
    finish(start(tmp_path, order_api.url, load=load))
    requests = sorted(
        read_rows(RunDirectory(tmp_path / "run").request_files()[0], Request), key=lambda each: each.started_at
    )

    assert len(requests) == len(order_api.received) == load["users"]
    assert median(request.waited_ms - request.response_ms for request in requests) == pytest.approx(0, abs=100)
    due = [request.due_at for request in requests if request.due_at is not None]
    assert [later - earlier for earlier, later in pairwise(due)] == pytest.approx([1 / 20] * 29, abs=0.005)
    assert order_api.warmed == load["users"]  # connections are open before the first order is due


def test_a_load_generator_that_was_stopped_is_noticed(tmp_path: Path, order_api: OrderApi) -> None:
    load = (
        LOAD | OPEN_MODEL | {"users": 60, "spawn_rate_per_second": 60, "duration_seconds": 6, "arrivals_per_second": 25}
    )
    process = start(tmp_path, order_api.url, load=load)
    wait_until(lambda: len(order_api.received) >= 25)
    process.send_signal(signal.SIGSTOP)
    time.sleep(2)  # this is what happens, not a wait for anything
    process.send_signal(signal.SIGCONT)
    finish(process)
    run_directory = RunDirectory(tmp_path / "run")
    requests = read_rows(run_directory.request_files()[0], Request)
    samples = read_rows(run_directory.sample_files()[0], GeneratorSample)

    assert not generator_never_paused([samples]).passed
    assert not orders_sent_when_due(requests).passed
    assert sum(request.waited_ms > 1000 for request in requests) >= 20  # of the 50 that were due meanwhile
    assert sum(request.response_ms > 1000 for request in requests) <= 5  # those in flight when it was stopped


def test_in_the_open_model_an_order_without_an_idle_user_is_dropped(tmp_path: Path, order_api: OrderApi) -> None:
    order_api.behaviour = "hang"
    finish(start(tmp_path, order_api.url, load=LOAD | OPEN_MODEL | {"arrivals_per_second": 20}))

    assert len(order_api.received) == LOAD["users"]


def test_the_answer_timeout_of_the_scenario_applies(tmp_path: Path, order_api: OrderApi) -> None:
    order_api.behaviour = "hang"
    load = LOAD | {"path": "/orders/sync", "answer_timeout_seconds": 0.5, "users": 1, "duration_seconds": 1}
    finish(start(tmp_path, order_api.url, load=load))
    first = read_rows(RunDirectory(tmp_path / "run").request_files()[0], Request)[0]

    assert order_api.received[0]["path"] == "/orders/sync"
    assert first.status == 0
    assert first.response_ms == pytest.approx(500, abs=300)


def test_anything_but_an_accepted_order_is_a_failure_with_its_reason(tmp_path: Path, order_api: OrderApi) -> None:
    order_api.behaviour = "fail some"
    finish(start(tmp_path, order_api.url))
    run_directory = RunDirectory(tmp_path / "run")
    requests = read_rows(run_directory.request_files()[0], Request)
    refused = [request for request in requests if request.status == 503]
    unnamed = [request for request in requests if request.status == 202 and request.error]

    assert len(refused) == order_api.answers["503"] > 0
    assert {request.error for request in refused} == {"status 503: queue full"}
    assert {request.error for request in unnamed} == {
        "status 202, but no order: Object missing required field `order_id`"
    }
    assert all(bool(request.error) != bool(request.order_id) for request in requests)
    assert locust_count(run_directory) == (len(requests), len(refused) + len(unnamed))


def test_a_request_cut_off_at_the_end_is_a_failure_without_an_answer(tmp_path: Path, order_api: OrderApi) -> None:
    order_api.behaviour = "hang"
    finish(start(tmp_path, order_api.url))
    run_directory = RunDirectory(tmp_path / "run")
    requests = read_rows(run_directory.request_files()[0], Request)
    assert len(requests) == len(order_api.received) == locust_count(run_directory)[1] == LOAD["users"]
    assert {(request.status, request.error) for request in requests} == {(0, "no answer 1 s after the load ended")}


@pytest.mark.parametrize("model", [{}, OPEN_MODEL], ids=["closed", "open"])
def test_a_refused_connection_is_a_failed_request_not_an_error(tmp_path: Path, model: dict[str, Any]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        finish(start(tmp_path, f"http://127.0.0.1:{taken.getsockname()[1]}", load=LOAD | model))
    requests = read_rows(RunDirectory(tmp_path / "run").request_files()[0], Request)
    assert requests
    assert all(request.status == 0 and "refused" in request.error.lower() for request in requests)


def test_sigterm_ends_the_load_and_loses_no_row_but_fails_a_gate(tmp_path: Path, order_api: OrderApi) -> None:
    process = start(tmp_path, order_api.url, load=LOAD | {"duration_seconds": 30})
    wait_until(lambda: len(order_api.received) >= 20)
    process.send_signal(signal.SIGTERM)
    finish(process)
    run_directory = RunDirectory(tmp_path / "run")
    [requests_file], [samples_file] = run_directory.request_files(), run_directory.sample_files()
    assert len(read_rows(requests_file, Request)) == len(order_api.received)
    samples = read_rows(samples_file, GeneratorSample)
    assert not load_sent_as_planned([samples], [], read_scenario(run_directory.scenario)).passed


# Slow: the last answers arrive long after the end of the load.
@pytest.mark.parametrize("behaviour", ["accept", "slow"])
def test_a_master_and_its_workers_share_a_run_directory(tmp_path: Path, order_api: OrderApi, behaviour: str) -> None:
    order_api.behaviour = behaviour
    port = str(free_port())
    worker_options = ("--worker", "--master-host", "127.0.0.1")
    master = start(
        tmp_path,
        order_api.url,
        *("--master", "--expect-workers", "2"),
        LOCUST_MASTER_BIND_HOST="127.0.0.1",
        LOCUST_MASTER_BIND_PORT=port,
    )
    workers = [start(tmp_path, order_api.url, *worker_options, LOCUST_MASTER_NODE_PORT=port) for _ in range(2)]
    for process in (master, *workers):
        finish(process)

    run_directory = RunDirectory(tmp_path / "run")
    shares = [len(read_rows(path, Request)) for path in run_directory.request_files()]
    assert len(shares) == len(run_directory.sample_files()) == 2
    assert all(shares)
    assert sum(shares) == len(order_api.received) == locust_count(run_directory)[0]
    assert f"{sum(shares)} accepted" in run_directory.generator_progress.read_text()
    processes = [read_rows(path, GeneratorSample) for path in run_directory.sample_files()]
    assert all(samples[-1].users for samples in processes)  # those of slow answers have not left


VARIABLES = {
    "LOCUST_PROCESSES": "2",
    "LOCUST_MODE_MASTER": "true",
    "LOCUST_RESET_STATS": "true",
    "LOCUST_USER_CLASSES": "Nobody",
    "LOCUST_TAGS": "nothing",
    "LOCUST_CONFIG_USERS": '{"user_class_name": "Customer", "fixed_count": 1}',
    "LOCUST_LOGFILE": "/no/such/directory/log",
}


@pytest.mark.parametrize("source", [*VARIABLES, "locust.conf", "pyproject.toml", ".locust.conf"])
def test_locust_s_own_configuration_does_not_change_the_load(tmp_path: Path, order_api: OrderApi, source: str) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    home.mkdir()
    settings = "processes = 2\nreset-stats = true\n"
    if source == "pyproject.toml":
        settings = '[tool.locust]\nprocesses = 2\n"reset-stats" = true\n'
    if source not in VARIABLES:
        ((home if source == ".locust.conf" else here) / source).write_text(settings)
    environment = {source: VARIABLES[source]} if source in VARIABLES else {"HOME": str(home)}
    # A user for each order: one that is due while all are busy is dropped.
    orders = {"arrivals_per_second": 20, "users": 10, "spawn_rate_per_second": 20, "duration_seconds": 1}
    load = LOAD | OPEN_MODEL | orders
    finish(start(tmp_path, order_api.url, load=load, working_directory=here, **environment))

    run_directory = RunDirectory(tmp_path / "run")
    [requests_file] = run_directory.request_files()
    assert len(read_rows(requests_file, Request)) == len(order_api.received) == 10
    assert locust_count(run_directory) == (10, 0)


def test_an_exception_in_the_locustfile_is_an_error(tmp_path: Path, order_api: OrderApi) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import loadtest.generate.recording\ndel loadtest.generate.recording.Request\n"
    )
    process = start(tmp_path, order_api.url, PYTHONPATH=str(tmp_path))
    assert "NameError: name 'Request' is not defined" in finish(process, status=2)
    assert order_api.received
