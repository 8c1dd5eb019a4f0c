# ruff: noqa: INP001  # Locust loads this file by its path; it is not part of a package
# mypy: allow-untyped-calls, allow-untyped-decorators
# (Locust's events and their decorators are not typed.)
"""The users of the order system, for Locust.

`python -m loadtest generate` starts Locust with this file, a scenario and a run directory. `locust -f` starts it as in
any project: with the orders and the think time of the scenario `baseline`, and without recording anything.

Each request is exactly one row, one entry in Locust's statistics, and one request on the wire. A request that the stop
timeout cuts off is reported here as a failure without an answer. Locust would drop it, and a slow system would look
better for it.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent  # type: ignore[import-untyped]  # gevent has no types
from locust import FastHttpUser, between, events, log, task
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS
from locust.exception import StopUser
from locust.rpc import Message
from locust.runners import STATE_CLEANUP, STATE_MISSING, MasterRunner, WorkerRunner

sys.path.insert(1, str(Path(__file__).parent / "src"))  # Locust removes the first entry after it has read this file

from loadtest.clock import SystemClock
from loadtest.generate.arrivals import Arrivals
from loadtest.generate.orders import OrderRefused, accepted_order_id, random_order
from loadtest.generate.recording import CpuMeter, Progress, generator_sample, progress_line, request_row
from loadtest.record.rows import GeneratorSample, Request, RowWriter
from loadtest.record.run_directory import RunDirectory, write_atomically
from loadtest.record.scenario import find_scenario, read_scenario

if TYPE_CHECKING:
    from locust.env import Environment
    from locust.runners import Runner

SAMPLE_SECONDS = 1
PROGRESS_SECONDS = 2
LAST_REPORT_SECONDS = 30

RUN_DIRECTORY = "LOADTEST_RUN_DIRECTORY"
DEFAULT_SCENARIO = "baseline"

run_directory = RunDirectory(Path(os.environ[RUN_DIRECTORY])) if os.environ.get(RUN_DIRECTORY) else None
scenario = read_scenario(run_directory.scenario if run_directory else find_scenario(DEFAULT_SCENARIO))
orders = random.Random()  # noqa: S311  # not for cryptography
clock = SystemClock()
arrivals = Arrivals(clock)


class Customer(FastHttpUser):
    """Sends orders: with a think time in between (closed model), or whenever one is due (open model)."""

    wait_time = between(scenario.wait_seconds.min, scenario.wait_seconds.max)
    network_timeout = connection_timeout = scenario.answer_timeout_seconds

    def __init__(self, environment: Environment) -> None:
        """Remove slashes at the end of the host, as the path begins with one."""
        self.host = self.host.rstrip("/") if self.host else None
        super().__init__(environment)

    def on_start(self) -> None:
        """Open this user's connection during the ramp of the open model, in which nothing is due yet.

        Else the first order of each user would include its set-up: of 200 users and 3,600 orders, one in eighteen. In
        the closed model, the users send their first orders during the ramp. Locust does not know of this request, as
        it is no order. If it fails, the order will, too.
        """
        if scenario.arrivals is not None:
            with suppress(*FAILURE_EXCEPTIONS):
                self.client.client.urlopen(f"{self.host}/health", method="GET").content  # noqa: B018  # read to its end

    @task
    def order(self) -> None:
        """Send one order; a redirect is not followed."""
        due = arrivals.wait() if scenario.arrivals is not None else None
        if self.environment.runner is not None and self.environment.runner.state == STATE_CLEANUP:
            # Locust would kill this user before it has sent anything: its wait ended while Locust prepared the stop.
            raise StopUser
        started_at, started = time.time(), time.perf_counter()
        context = {"late_seconds": None if due is None else max(0.0, clock.monotonic() - due)}
        try:
            response = self.client.post(
                scenario.path,
                json=random_order(scenario.order, orders),
                catch_response=True,
                allow_redirects=False,
                context=context,
            )
        except gevent.GreenletExit:
            self.environment.events.request.fire(
                request_type="POST",
                name=scenario.path,
                start_time=started_at,
                response_time=(time.perf_counter() - started) * 1000,
                response_length=0,
                response=None,
                context=context,
                exception=OrderRefused(f"no answer {self.environment.stop_timeout:g} s after the load ended"),
            )
            raise
        with response:
            if not response.status_code:
                return  # no answer: Locust reports the reason
            try:
                response.request_meta["context"]["order_id"] = accepted_order_id(
                    scenario.path, response.status_code, response.content or b""
                )
            except OrderRefused as refusal:
                response.failure(refusal)


class Recorder:
    """Writes the requests and samples of a process that sends load."""

    def __init__(self, environment: Environment, runner: Runner, run_directory: RunDirectory) -> None:
        """Register the event listeners."""
        self._runner = runner
        self._run_directory = run_directory
        environment.events.test_start.add_listener(self._start)
        environment.events.request.add_listener(self._request)
        environment.events.test_stopping.add_listener(self._stopping)
        environment.events.quit.add_listener(self._quit)

    def _start(self, **_: object) -> None:
        self._meter = CpuMeter()
        self._requests = RowWriter(self._run_directory.own_requests, Request)
        self._samples = RowWriter(self._run_directory.own_samples, GeneratorSample)
        self._sample()
        self._sampling = gevent.spawn(self._sample_regularly)
        if scenario.arrivals_per_second is not None and scenario.arrivals is not None:
            gevent.spawn_later(scenario.ramp_seconds, arrivals.run, scenario.arrivals_per_second, scenario.arrivals)

    def _request(
        self,
        *,
        start_time: float,
        response_time: float,
        response: Any,  # noqa: ANN401  # Locust's response; None for a request that was cut off
        context: dict[str, Any],
        exception: BaseException | None,
        **_: object,
    ) -> None:
        row = request_row(
            start_time=start_time,
            response_time=response_time,
            status=response.status_code if response is not None else 0,
            order_id=context.get("order_id", ""),
            error=exception,
            late_seconds=context["late_seconds"],
        )
        self._requests.write(row)

    def _stopping(self, **_: object) -> None:
        # The last sample marks the end of the load.
        self._sampling.kill()
        self._sample()
        self._samples.close()

    def _quit(self, **_: object) -> None:
        # After a SIGTERM, requests still end between `quitting` and `quit`.
        self._requests.close()

    def _sample(self) -> None:
        self._samples.write(generator_sample(self._runner.user_count, self._meter))

    def _sample_regularly(self) -> None:
        while True:
            gevent.sleep(SAMPLE_SECONDS)
            self._sample()


class ProgressWriter:
    """Writes the progress of the whole load every two seconds."""

    def __init__(self, environment: Environment, runner: Runner, run_directory: RunDirectory) -> None:
        """Register the event listeners."""
        self._runner = runner
        self._run_directory = run_directory
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
        write_atomically(self._run_directory.generator_progress, progress_line(progress) + "\n")

    def _write_regularly(self) -> None:
        while True:
            self._write()
            gevent.sleep(PROGRESS_SECONDS)


def await_last_reports(runner: MasterRunner) -> None:
    """Let the workers end the load, and wait until each has sent its last report: Locust waits for half a second."""
    for worker in runner.clients.all:
        runner.server.send_to_client(Message("quit", None, worker.id))
    with gevent.Timeout(scenario.stop_timeout_seconds + LAST_REPORT_SECONDS, exception=False):
        while any(worker.state != STATE_MISSING for worker in runner.clients.all):  # a worker that quits is removed
            gevent.sleep(0.1)


@events.init.add_listener
def record(environment: Environment, runner: Runner, **_: object) -> None:
    """Record requests unless this is the master, and progress unless this is a worker; nothing without a directory."""
    # Locust starts the run's timer next. gevent counts from its loop's cached time, which is older than the imports:
    # without the update, the run would be a second or two too short.
    gevent.get_hub().loop.update_now()
    if run_directory is None:
        if not isinstance(runner, WorkerRunner):
            logging.getLogger(__name__).warning(
                "%s is not set: nothing is recorded. Orders and think time are those of the scenario %s.",
                RUN_DIRECTORY,
                scenario.name,
            )
        return
    if isinstance(runner, MasterRunner):
        environment.events.test_stop.add_listener(lambda **_: await_last_reports(runner))
    else:
        Recorder(environment, runner, run_directory)
    if not isinstance(runner, WorkerRunner):
        ProgressWriter(environment, runner, run_directory)


@events.quitting.add_listener
def fail_on_own_errors(environment: Environment, **_: object) -> None:
    """Exit with 2 after an exception in this file; failed requests are left to the gates."""
    if environment.runner is None or environment.runner.exceptions or log.unhandled_greenlet_exception:
        environment.process_exit_code = 2
