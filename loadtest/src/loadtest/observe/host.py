"""Sample the load of this computer, and of the emulators' containers, once a second until the load has ended.

Other programs that run at the same time look like a slower environment. An emulator is a few processes on this
computer, so what they use belongs to what it costs to test with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import docker  # type: ignore[import-untyped]  # it has no types
import psutil

from loadtest.errors import LoadTestError
from loadtest.record.rows import EmulatorSample, HostSample, RowWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.clock import Clock
    from loadtest.record.run_directory import RunDirectory

INTERVAL_SECONDS = 1.0
_MIB = 1024 * 1024
_TIMEOUT_SECONDS = 5


def docker_engine() -> Any:  # noqa: ANN401  # the Docker client has no types
    """Return a client of the local Docker Engine; raises LoadTestError when none answers."""
    try:
        return docker.APIClient(version="auto", timeout=_TIMEOUT_SECONDS, **docker.utils.kwargs_from_env())
    except docker.errors.DockerException as error:
        message = f"no Docker Engine answers: {error}"
        raise LoadTestError(message) from error


class DockerContainers:
    """Containers of a Docker Engine."""

    def __init__(self, engine: Any, names: Mapping[str, str]) -> None:  # noqa: ANN401  # the Docker client has no types
        """Take the client, and the name of each emulator's container; send no request yet."""
        self._engine = engine
        self._names = names
        self._busy: dict[str, tuple[float, float]] = {}

    def sample(self, time: float) -> list[EmulatorSample]:
        """Return what each container used since the previous call; without those that do not tell."""
        found = []
        for emulator, container in self._names.items():
            try:
                stats = self._engine.stats(container, stream=False, one_shot=True)
            except (docker.errors.DockerException, OSError):
                continue  # a sample that fails is missing
            sample = self._used(emulator, stats, time)
            if sample is not None:
                found.append(sample)
        return found

    def _used(self, emulator: str, stats: dict[str, Any], time: float) -> EmulatorSample | None:
        """Return the use since the previous sample, from the counters of the container's control group."""
        memory = stats.get("memory_stats", {})
        if "usage" not in memory:  # it does not run
            return None
        busy = stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
        before = self._busy.get(emulator)
        self._busy[emulator] = (time, busy)
        if before is None or time <= before[0] or busy < before[1]:  # also after a restart
            return None
        details = memory.get("stats", {})
        cache = details.get("inactive_file", details.get("total_inactive_file", 0))  # control groups 2, or 1
        return EmulatorSample(
            round(time, 6),
            emulator,
            round(100 * (busy - before[1]) / (time - before[0]), 2),
            round((memory["usage"] - cache) / _MIB, 2),
        )


def sample_host(
    run_directory: RunDirectory, containers: DockerContainers, clock: Clock, *, deadline_seconds: float
) -> str:
    """Write host.csv and emulators.csv until the load has ended, or the deadline passes; return a summary line."""
    started, number = clock.monotonic(), 0
    psutil.cpu_percent()  # the use since the previous call
    with (
        RowWriter(run_directory.host, HostSample) as host,
        RowWriter(run_directory.emulators, EmulatorSample) as emulators,
    ):
        while not run_directory.load_ended.exists() and clock.monotonic() - started < deadline_seconds:
            number += 1
            clock.sleep(max(0.0, started + number * INTERVAL_SECONDS - clock.monotonic()))
            host.write(HostSample(round(clock.time(), 6), psutil.cpu_percent()))
            for sample in containers.sample(clock.time()):
                emulators.write(sample)
    return f"{number:,} samples of this computer"
