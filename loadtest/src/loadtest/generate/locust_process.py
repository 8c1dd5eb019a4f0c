"""The Locust process: how `generate` starts it, and its options for a scenario."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
from msgspec import Struct

from loadtest.errors import FileError, LoadTestError
from loadtest.record.run import Generator
from loadtest.record.run_directory import write_atomically
from loadtest.record.scenario import find_scenario, read_scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.record.run_directory import RunDirectory
    from loadtest.record.scenario import Scenario

_LOADTEST = Path(__file__).parents[3]
_EXPECT_WORKERS_MAX_WAIT_SECONDS = 60

_MASTER_ADDRESS = ("LOCUST_MASTER_BIND_HOST", "LOCUST_MASTER_BIND_PORT", "LOCUST_MASTER_NODE_PORT")
"""The variables of Locust that apply: they change how its processes connect, not what they send."""


class Master(Struct, frozen=True):
    """Controls this many workers, and sends no load itself."""

    expect_workers: int


class Worker(Struct, frozen=True):
    """Sends the share of the load that the master at this host assigns."""

    master_host: str


def generate(run_directory: RunDirectory, scenario_name: str, host: str, role: Master | Worker | None) -> NoReturn:
    """Prepare the run directory, then replace this process by Locust, which sends the load to the URL `host`.

    Locust exits with 0 after the load, however many requests failed. Without a role, a single process sends the load.
    Locust's own variables and configuration files do not apply, as they could change what the scenario says.
    Raises LoadTestError when the run directory already holds requests.
    """
    scenario_file = find_scenario(scenario_name)
    scenario = read_scenario(scenario_file)
    if scenario.arrivals is not None and role is not None:
        message = f"{scenario.name}: a scenario with an arrival rate (open model) needs exactly one load generator"
        raise LoadTestError(message)
    run_directory.path.mkdir(parents=True, exist_ok=True)
    if run_directory.request_files():
        raise FileError(run_directory.path, "holds the requests of an earlier run; give an empty directory")
    write_atomically(run_directory.scenario, scenario_file.read_text(encoding="utf-8"))
    if not isinstance(role, Worker):
        generator = Generator(platform.python_version(), importlib.metadata.version("locust"), os.cpu_count())
        write_atomically(run_directory.generator, msgspec.json.encode(generator).decode() + "\n")
    environment = locust_environment(os.environ) | {"LOADTEST_RUN_DIRECTORY": str(run_directory.path)}
    command = [
        sys.executable,
        "-m",
        "loadtest.generate.locust_main",
        *locust_options(scenario, run_directory, host, role),
    ]
    os.execve(sys.executable, command, environment)  # noqa: S606  # no shell: signals must reach Locust


def locust_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without Locust's variables, but with those for the master's address."""
    return {
        name: value for name, value in environment.items() if not name.startswith("LOCUST_") or name in _MASTER_ADDRESS
    }


def locust_options(
    scenario: Scenario, run_directory: RunDirectory, host: str, role: Master | Worker | None
) -> list[str]:
    """Return Locust's command-line options for a scenario."""
    options = ["--locustfile", str(_LOADTEST / "locustfile.py"), "--headless"]
    options += ["--host", host.rstrip("/")]  # Locust appends the path, which begins with a slash
    options += ["--exit-code-on-error", "0"]  # the gates check failed requests; another status is an error of Locust
    if isinstance(role, Worker):
        return [*options, "--worker", "--master-host", role.master_host]
    prefix = str(run_directory.path / "locust")
    options += [
        *("--users", str(scenario.users)),
        *("--spawn-rate", str(scenario.spawn_rate_per_second)),
        *("--run-time", f"{scenario.duration_seconds}s"),
        *("--stop-timeout", str(scenario.stop_timeout_seconds)),
        *("--csv", prefix, "--csv-full-history"),
        *("--html", f"{prefix}.html"),
        *("--json-file", prefix),  # Locust adds .json; the CSV files can lack the last second
        "--only-summary",
    ]
    if isinstance(role, Master):
        options += ["--master", "--expect-workers", str(role.expect_workers)]
        options += ["--expect-workers-max-wait", str(_EXPECT_WORKERS_MAX_WAIT_SECONDS)]
    return options
