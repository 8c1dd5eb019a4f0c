from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.errors import LoadTestError
from loadtest.generate.locust_process import Master, Worker, generate, locust_environment, locust_options
from loadtest.record.run_directory import RunDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.record.scenario import Scenario

HOST = "http://localhost:8080"


def value_of(option: str, options: list[str]) -> str:
    return options[options.index(option) + 1]


def test_a_scenario_becomes_locusts_options(tmp_path: Path, scenario: Scenario) -> None:
    options = locust_options(scenario, RunDirectory(tmp_path), HOST + "/", None)
    assert value_of("--host", options) == HOST
    assert value_of("--users", options) == "4"
    assert float(value_of("--spawn-rate", options)) == 2
    assert value_of("--run-time", options) == "60s"
    assert value_of("--stop-timeout", options) == "1"
    assert "--master" not in options
    assert "--worker" not in options


def test_a_master_gets_the_scenario(tmp_path: Path, scenario: Scenario) -> None:
    options = locust_options(scenario, RunDirectory(tmp_path), HOST, Master(3))
    assert "--master" in options
    assert value_of("--expect-workers", options) == "3"
    assert value_of("--users", options) == "4"


def test_a_worker_gets_the_scenario_from_its_master(tmp_path: Path, scenario: Scenario) -> None:
    options = locust_options(scenario, RunDirectory(tmp_path), HOST, Worker("10.0.0.5"))
    assert value_of("--master-host", options) == "10.0.0.5"
    assert "--users" not in options
    assert "--csv" not in options


def test_a_worker_does_not_write_the_files_of_the_master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append(arguments))
    generate(RunDirectory(tmp_path / "run"), "smoke", HOST, Worker("10.0.0.5"))
    [(program, _, environment)] = started
    assert program == sys.executable
    assert environment["LOADTEST_RUN_DIRECTORY"] == str(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["scenario.yml"]


def test_only_the_master_s_address_is_taken_from_locust_s_variables() -> None:
    kept = {"LOCUST_MASTER_BIND_HOST": "h", "LOCUST_MASTER_BIND_PORT": "1", "LOCUST_MASTER_NODE_PORT": "2", "PATH": "p"}
    assert locust_environment(kept | {"LOCUST_PROCESSES": "2", "LOCUST_SKIP_MONKEY_PATCH": "1"}) == kept


def test_a_run_directory_with_requests_is_an_error(run_directory: RunDirectory) -> None:
    with pytest.raises(LoadTestError, match="holds the requests of an earlier run"):
        generate(run_directory, "smoke", HOST, None)
