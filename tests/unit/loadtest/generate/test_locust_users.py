"""The locustfile as Locust's users know it: `locust -f loadtest/locustfile.py --host URL`, without a run directory."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ports import free_port
from tests.unit.loadtest.generate.test_locustfile import finish, wait_until

if TYPE_CHECKING:
    from tests.unit.loadtest.conftest import OrderApi

ROOT = Path(__file__).parents[4]

# Locust from an environment in which this package is not installed.
LOCUST = """
import sys
sys.path = [path for path in sys.path if not path.endswith("loadtest/src")]
from locust.main import main
main()
"""


def start_locust(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-c", LOCUST, "-f", "loadtest/locustfile.py", "--stop-timeout", "5", *options],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "LOADTEST_RUN_DIRECTORY"}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(("base", "processes"), [("", 1), ("/_alb/orders/", 2)])
def test_locust_runs_headless_and_records_nothing(
    tmp_path: Path, order_api: OrderApi, base: str, processes: int
) -> None:
    port = str(free_port())
    options = (
        ("--processes", str(processes), "--master-bind-port", port, "--master-port", port) if processes > 1 else ()
    )
    load = ("--headless", "--users", "4", "--spawn-rate", "10", "--run-time", "2s")
    files = ("--html", str(tmp_path / "report.html"), "--json-file", str(tmp_path / "locust"))
    output = finish(start_locust("--host", order_api.url + base, *load, *files, *options))

    assert output.count("LOADTEST_RUN_DIRECTORY is not set: nothing is recorded.") == 1
    assert "of the scenario baseline" in output
    [entry] = json.loads((tmp_path / "locust.json").read_text())
    assert entry["num_requests"] == len(order_api.received) > 4
    assert entry["num_failures"] == 0
    assert {order["path"] for order in order_api.received} == {f"{base.rstrip('/')}/orders/async"}
    assert {path.name for path in tmp_path.iterdir()} == {"locust.json", "report.html"}
    # The think time of 0.1 to 0.5 s: each of the users starts at most 21 requests in two seconds.
    assert len(order_api.received) <= 4 * 21


def call(url: str, form: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # any JSON document
    body = None if form is None else urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, body, timeout=10) as answer:  # noqa: S310  # our own address
        return json.loads(answer.read())


def total(url: str) -> tuple[int, int]:
    """Return requests and failures in the web interface's statistics."""
    [entry] = [entry for entry in call(url)["stats"] if entry["name"] == "Aggregated"]
    return entry["num_requests"], entry["num_failures"]


def test_the_web_interface_starts_and_stops_the_load_again_and_again(order_api: OrderApi) -> None:
    port = str(free_port())
    web = f"http://127.0.0.1:{port}"
    process = start_locust("--web-host", "127.0.0.1", "--web-port", port)

    def is_up() -> bool:
        try:
            return bool(call(f"{web}/stats/requests"))
        except urllib.error.URLError:
            return False

    try:
        wait_until(is_up)
        for _ in range(2):
            order_api.received.clear()
            call(f"{web}/swarm", {"user_count": 3, "spawn_rate": 10, "host": order_api.url})
            wait_until(lambda: len(order_api.received) >= 6)
            call(f"{web}/stop", {})
            # The interface caches its statistics for two seconds.
            wait_until(lambda: total(f"{web}/stats/requests") == (len(order_api.received), 0))
    finally:
        process.send_signal(signal.SIGTERM)
        output = finish(process)
    assert len(re.findall("nothing is recorded", output)) == 1
