"""Tests of what the bench measures."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.bench.measurements import (
    BenchError,
    Measurement,
    System,
    count_rounds,
    exit_if_failed,
    run_rounds,
    with_timings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_timings_are_read_from_the_file_of_the_callback(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    timings = {"total_seconds": 30.0, "roles": {"network": 10.0, "service": 12.5}, "wait_seconds": 11.0, "changed": 3}
    file.write_text(json.dumps(timings))

    assert with_timings(31.5, file) == Measurement(31.5, {"network": 10.0, "service": 12.5}, 11.0)


def test_the_smoke_order_is_no_wait_for_aws(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    file.write_text(json.dumps({"roles": {"service": 12.5, "smoke_order": 4.0}, "wait_seconds": 11.0}))

    assert with_timings(31.5, file).wait_seconds == 7.0


def test_a_command_without_timings_has_only_its_duration() -> None:
    assert with_timings(31.5, None) == Measurement(31.5, {}, None)


class Recorder:
    """Systems that record what is done with them."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @contextmanager
    def system(self, name: str, *, fails: BaseException | None = None, in_round: int = 1) -> Iterator[System]:
        def step(number: int) -> Measurement:
            self.done.append(f"{name} {number}")
            if fails and self.done.count(f"{name} {number}") == in_round:
                raise fails
            return Measurement(float(number))

        try:
            yield System(name, f"the system {name}", {"one": lambda: step(1), "two": lambda: step(2)})
        finally:
            self.done.append(f"remove {name}")


def test_rounds_run_all_steps_of_all_systems_in_turns() -> None:
    recorder = Recorder()

    systems, _ = run_rounds([recorder.system("a"), recorder.system("b")], 2, str)

    assert recorder.done == [
        *("a 1", "a 2", "b 1", "b 2"),
        *("b 1", "b 2", "a 1", "a 2"),
        *("remove b", "remove a"),
    ]
    assert [(system["name"], system["title"]) for system in systems] == [("a", "the system a"), ("b", "the system b")]
    assert [measurement["seconds"] for measurement in systems[0]["figures"]["two"]] == [2.0, 2.0]


def test_an_interrupted_round_removes_all_systems() -> None:
    recorder = Recorder()

    with pytest.raises(KeyboardInterrupt):
        run_rounds([recorder.system("a", fails=KeyboardInterrupt()), recorder.system("b")], 2, str)

    assert recorder.done == ["a 1", "remove b", "remove a"]


def test_a_round_that_fails_is_left_out() -> None:
    recorder, said = Recorder(), list[str]()
    failing = recorder.system("b", fails=BenchError("it broke"), in_round=2)

    systems, failure = run_rounds([recorder.system("a"), failing, recorder.system("c")], 3, said.append)

    assert recorder.done[-5:] == ["c 2", "b 1", "remove c", "remove b", "remove a"]
    assert [len(each) for system in systems for each in system["figures"].values()] == [1] * 6
    assert failure == said[-1] == "Round 2 of 3 is left out: it broke."


def test_a_round_that_is_left_out_fails_the_program() -> None:
    exit_if_failed([{"failure": None}])

    with pytest.raises(SystemExit, match="it broke"):
        exit_if_failed([{"failure": None}, {"failure": "it broke"}])


def test_a_first_round_that_fails_is_an_error() -> None:
    with pytest.raises(BenchError, match="it broke"):
        run_rounds([Recorder().system("a", fails=BenchError("it broke"))], 3, str)


def test_progress_is_shown() -> None:
    said: list[str] = []

    run_rounds([Recorder().system("a")], 1, said.append)

    assert said == ["round 1 of 1: a: one: 1.0 s", "round 1 of 1: a: two: 2.0 s"]


def test_a_round_that_would_end_too_late_does_not_begin() -> None:
    recorder, said = Recorder(), list[str]()

    systems, _ = run_rounds([recorder.system("a")], 3, said.append, until=0)

    assert count_rounds(systems) == 1
    assert said[-1] == "There is no time for more than 1 of 3 rounds."
    assert recorder.done == ["a 1", "a 2", "remove a"]
