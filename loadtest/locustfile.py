# ruff: noqa: INP001  # Locust loads this file by its path; it is no package's module
# mypy: allow-untyped-calls, allow-untyped-decorators
# (Locust is typed in part only: its events and their decorators are not.)
"""The users of the order system, for Locust. Started by `python -m loadtest generate`, which prepares the run directory.

Each request makes exactly one row, one entry in Locust's own statistics, and one request on the wire. So that this
holds for a request that the stop time-out cuts off as well, such a request is reported here as a failure without an
answer; Locust alone would drop it, and a slow system would look better for it.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent  # type: ignore[import-untyped]  # gevent has no types
from locust import FastHttpUser, between, events, log, task
from locust.runners import MasterRunner, WorkerRunner

from loadtest.clock import SystemClock
from loadtest.generate.arrivals import Arrivals
from loadtest.generate.orders import OrderRefused, followed_order_id, random_order
from loadtest.generate.recording import CpuMeter, Progress, generator_sample, progress_line, request_row
from loadtest.record.rows import GeneratorSample, Request, RowWriter
from loadtest.record.run_directory import RunDirectory, write_atomically
from loadtest.record.scenario import read_scenario

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.runners import Runner

SAMPLE_SECONDS = 1
PROGRESS_SECONDS = 2

run_directory = RunDirectory(Path(os.environ["LOADTEST_RUN_DIRECTORY"]))
scenario = read_scenario(run_directory.scenario)
orders = random.Random()  # noqa: S311  # orders need variety, not secrecy
arrivals = Arrivals(SystemClock())


class Customer(FastHttpUser):
    """Orders, waits for the answer, thinks, and orders again; in an open model, sends an order whenever one is due."""

    wait_time = between(scenario.wait_seconds.min, scenario.wait_seconds.max)
    network_timeout = connection_timeout = scenario.answer_timeout_seconds

    @task
    def order(self) -> None:
        """Send one order; only the answer that the path promises is a success, and a redirect is not followed."""
        if scenario.arrivals is not None:
            arrivals.wait()
        started_at, started = time.time(), time.perf_counter()
        try:
            response = self.client.post(
                scenario.path, json=random_order(scenario.order, orders), catch_response=True, allow_redirects=False
            )
        except gevent.GreenletExit:
            self.environment.events.request.fire(
                request_type="POST",
                name=scenario.path,
                start_time=started_at,
                response_time=(time.perf_counter() - started) * 1000,
                response_length=0,
                response=None,
                context={},
                exception=OrderRefused(f"no answer {scenario.stop_timeout_seconds} s after the load ended"),
            )
            raise
        with response:
            if not response.status_code:
                return  # no answer: Locust knows the reason
            try:
                response.request_meta["context"]["order_id"] = followed_order_id(
                    scenario.path, response.status_code, response.content or b""
                )
            except OrderRefused as refusal:
                response.failure(refusal)


class Recorder:
    """Writes the rows and samples of a process that makes requests, from the start of its load to its end."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        """Listen to the events of the process."""
        self._runner = runner
        environment.events.test_start.add_listener(self._start)
        environment.events.request.add_listener(self._request)
        environment.events.test_stopping.add_listener(self._stopping)
        environment.events.quit.add_listener(self._quit)

    def _start(self, **_: object) -> None:
        self._meter = CpuMeter()
        self._requests = RowWriter(run_directory.own_requests, Request)
        self._samples = RowWriter(run_directory.own_samples, GeneratorSample)
        self._sample()
        self._sampling = gevent.spawn(self._sample_regularly)
        if scenario.arrivals_per_second is not None and scenario.arrivals is not None:
            gevent.spawn_later(scenario.ramp_seconds, arrivals.run, scenario.arrivals_per_second, scenario.arrivals)

    def _request(
        self,
        *,
        start_time: float,
        response_time: float,
        response: Any,  # noqa: ANN401  # what Locust hands over: a response or, for a request cut off, None
        context: dict[str, str],
        exception: BaseException | None,
        **_: object,
    ) -> None:
        row = request_row(
            start_time=start_time,
            response_time=response_time,
            status=response.status_code if response is not None else 0,
            order_id=context.get("order_id", ""),
            error=exception,
        )
        self._requests.write(row)

    def _stopping(self, **_: object) -> None:
        # The last sample marks the end of the time in which requests could be started.
        self._sampling.kill()
        self._sample()
        self._samples.close()

    def _quit(self, **_: object) -> None:
        # Not earlier: after a SIGTERM, requests still end between `quitting` and `quit`.
        self._requests.close()

    def _sample(self) -> None:
        self._samples.write(generator_sample(self._runner.user_count, self._meter))

    def _sample_regularly(self) -> None:
        while True:
            gevent.sleep(SAMPLE_SECONDS)
            self._sample()


class ProgressWriter:
    """Keeps one line about the whole load, in the process that commands it."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        """Listen to the events of the process."""
        self._runner = runner
        environment.events.test_start.add_listener(self._start)
        environment.events.quitting.add_listener(self._write)

    def _start(self, **_: object) -> None:
        self._started = time.monotonic()
        gevent.spawn(self._write_regularly)

    def _write(self, **_: object) -> None:
        total = self._runner.stats.total
        progress = Progress(
            elapsed_seconds=time.monotonic() - self._started,
            duration_seconds=scenario.duration_seconds,
            users=self._runner.user_count,
            accepted=total.num_requests - total.num_failures,
            failed=total.num_failures,
            orders_per_second=total.current_rps - total.current_fail_per_sec,
        )
        write_atomically(run_directory.generator_progress, progress_line(progress) + "\n")

    def _write_regularly(self) -> None:
        while True:
            self._write()
            gevent.sleep(PROGRESS_SECONDS)


@events.init.add_listener
def observe(environment: Environment, runner: Runner, **_: object) -> None:
    """Record where requests are made; show progress where the load is commanded; one process may do both."""
    # Locust starts the timer of the run next. gevent counts it from the time its loop last looked at the clock, which
    # was before all the imports: without this, a run would be shorter by them, a second or two.
    gevent.get_hub().loop.update_now()
    if not isinstance(runner, MasterRunner):
        Recorder(environment, runner)
    if not isinstance(runner, WorkerRunner):
        ProgressWriter(environment, runner)


@events.quitting.add_listener
def fail_on_own_errors(environment: Environment, **_: object) -> None:
    """Let refused orders pass (the gates judge them), but not an exception of this file."""
    if environment.runner is None or environment.runner.exceptions or log.unhandled_greenlet_exception:
        environment.process_exit_code = 2
