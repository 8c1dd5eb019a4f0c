"""Send one request again and again with wrk, on some connections at once, and read what it measured."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.measurements import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCRIPT = Path(__file__).with_name("wrk.lua")
# wrk counts responses that take longer as failed.
TIMEOUT_SECONDS = 20
# With fewer, less than ten are beyond the 99th percentile.
LEAST_FOR_P99 = 1000


class Request(NamedTuple):
    """What is sent."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: str = ""


class Result(NamedTuple):
    """What was measured: responses, how many of them were errors or missing, and the times to a response.

    There is no 99th percentile of few responses.
    """

    requests: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float | None

    @property
    def per_second(self) -> float:
        """Responses per second that are no errors."""
        return (self.requests - self.failed) / self.seconds


def version() -> str:
    """Return the version of wrk. Raises BenchError if there is none."""
    try:
        text = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True).stdout  # noqa: S607  # as users call it
    except FileNotFoundError as error:
        message = "wrk sends the load, and is not installed: `apt-get install wrk`, or `brew install wrk`"
        raise BenchError(message) from error
    return text.split()[1]


def load(requests: Sequence[Request], connections: int, seconds: float) -> list[Result]:
    """Send each request on `connections` connections, all requests at the same time."""
    with ExitStack() as stack:
        processes = [stack.enter_context(_start(request, connections, seconds)) for request in requests]
        return [read(process.communicate()[0]) for process in processes]


def _start(request: Request, connections: int, seconds: float) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "BENCH_METHOD": request.method,
        "BENCH_HEADERS": "\n".join(f"{name}: {value}" for name, value in request.headers.items()),
        "BENCH_BODY": request.body,
    }
    return subprocess.Popen(  # noqa: S603  # built here
        [  # noqa: S607  # as users call it
            "wrk",
            *("--threads", "1", "--connections", str(connections), "--duration", f"{seconds:.0f}s"),
            *("--timeout", f"{TIMEOUT_SECONDS}s", "--script", str(SCRIPT), request.url),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read(output: str) -> Result:
    """Read the last line, which `wrk.lua` writes. Raises BenchError if wrk failed, or there was no response."""
    last = output.strip().rpartition("\n")[2]
    try:
        measured = json.loads(last)
    except ValueError as error:
        message = f"wrk failed: {output.strip()}"
        raise BenchError(message) from error
    if not measured["requests"]:
        message = "there was no response in the whole time of a load"
        raise BenchError(message)
    return Result(
        measured["requests"],
        measured["failed"],
        measured["microseconds"] / 1e6,
        measured["p50"] / 1000,
        measured["p99"] / 1000 if measured["requests"] >= LEAST_FOR_P99 else None,
    )
