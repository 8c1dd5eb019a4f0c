from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import docker  # type: ignore[import-untyped]  # it has no types
import pytest

from loadtest.errors import LoadTestError
from loadtest.observe.host import DockerContainers, docker_engine, sample_host
from loadtest.record.rows import EmulatorSample, HostSample, read_rows
from loadtest.record.run_directory import RunDirectory
from tests.unit.loadtest.conftest import START

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.loadtest.conftest import JumpingClock

MIB = 1024 * 1024


def stats(busy_seconds: float, usage_mib: float, **details: int) -> dict[str, Any]:
    return {
        "cpu_stats": {"cpu_usage": {"total_usage": int(busy_seconds * 1e9)}},
        "memory_stats": {"usage": int(usage_mib * MIB), "stats": details},
    }


class Engine:
    """Returns the given answers about a container one by one, and repeats the last."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers = list(answers)

    def stats(self, container: str, *, stream: bool, one_shot: bool) -> dict[str, Any]:
        assert (container, stream, one_shot) == ("orders-localstack", False, True)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def samples(*answers: dict[str, Any] | Exception) -> list[list[EmulatorSample]]:
    """Return what a second-by-second sampling finds."""
    containers = DockerContainers(Engine(*answers), {"localstack": "orders-localstack"})
    return [containers.sample(START + second) for second in range(len(answers))]


def test_the_use_is_that_since_the_previous_sample() -> None:
    found = samples(
        stats(10.0, 300), stats(10.5, 310, inactive_file=8 * MIB), stats(10.6, 320, total_inactive_file=MIB)
    )
    assert found == [
        [],
        [EmulatorSample(START + 1, "localstack", 50.0, 302.0)],
        [EmulatorSample(START + 2, "localstack", 10.0, 319.0)],
    ]


def test_a_sample_that_fails_is_missing() -> None:
    first, failed, second = samples(stats(10.0, 300), docker.errors.APIError("no such container"), stats(11.0, 300))
    assert first == failed == []
    assert second == [EmulatorSample(START + 2, "localstack", 50.0, 300.0)]


@pytest.mark.parametrize("stopped", [{}, {"memory_stats": {}}])
def test_a_container_that_does_not_run_has_no_sample(stopped: dict[str, Any]) -> None:
    assert samples(stats(10.0, 300), stopped)[1] == []


def test_the_first_sample_after_a_restart_is_missing() -> None:
    assert [len(each) for each in samples(stats(10.0, 300), stats(0.5, 200), stats(1.0, 200))] == [0, 0, 1]


def test_the_computer_is_sampled_each_second_until_the_load_has_ended(tmp_path: Path, clock: JumpingClock) -> None:
    run_directory = RunDirectory(tmp_path)
    containers = DockerContainers(None, {})
    slept = clock.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        if clock.elapsed >= 3:
            run_directory.load_ended.write_text("{}")

    clock.sleep = sleep  # type: ignore[method-assign]
    assert sample_host(run_directory, containers, clock, deadline_seconds=100) == "3 samples of this computer"
    found = read_rows(run_directory.host, HostSample)
    assert [sample.time - START for sample in found] == [1, 2, 3]
    assert all(0 <= sample.cpu_percent <= 100 for sample in found)
    assert read_rows(run_directory.emulators, EmulatorSample) == []


def test_the_sampling_ends_at_its_deadline(tmp_path: Path, clock: JumpingClock) -> None:
    sample_host(RunDirectory(tmp_path), DockerContainers(None, {}), clock, deadline_seconds=5)
    assert clock.elapsed == 5


def test_without_a_docker_engine_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(LoadTestError, match="no Docker Engine answers"):
            docker_engine()
