"""What becomes of probes: outcomes, deadlines, removal, and what they share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from probes.environment import Environment
from probes.probe import DiffersError, NotOfferedError, NotShownError, Outcome, Probe, expect_time
from probes.runner import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.lab import Lab
    from probes.results import Results


def _probe(name: str, observe: Callable[[Lab], None], seconds: float = 60) -> Probe:
    return Probe(name, "It behaves.", ("https://docs.aws.amazon.com/",), "", seconds, observe)


def _run(*probes: Probe) -> Results:
    return run(probes, Environment(run="orders-probe-x"), "here", {"emulator": "1"}, lambda _: None)


def _error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "Call",
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DiffersError("seen"), Outcome.DIFFERS),
        (NotOfferedError("none"), Outcome.NOT_OFFERED),
        (NotShownError("late"), Outcome.NOT_SHOWN),
        (_error("ValidationError"), Outcome.DIFFERS),
        (_error("UnknownOperationException"), Outcome.NOT_OFFERED),
        (_error("InternalFailure", 501), Outcome.NOT_OFFERED),
        (_error("500", 500), Outcome.NOT_OFFERED),
        (_error("AccessDenied", 403), Outcome.NOT_SHOWN),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), Outcome.NOT_SHOWN),
        (KeyError("field"), Outcome.NOT_SHOWN),
    ],
)
def test_an_error_has_an_outcome(error: Exception, outcome: Outcome) -> None:
    def observe(_: Lab) -> None:
        raise error

    (result,) = _run(_probe("a.probe", observe)).results
    assert result.outcome == outcome
    assert result.seen


def test_the_deadline_ends_waiting() -> None:
    (result,) = _run(_probe("a.probe", lambda lab: lab.wait(30), seconds=0.2)).results
    assert (result.outcome, result.seen) == (Outcome.NOT_SHOWN, "the deadline came first")
    assert result.seconds < 5


def test_what_a_probe_created_is_removed_in_reverse_order_also_if_it_fails() -> None:
    removed: list[str] = []

    def observe(lab: Lab) -> None:
        lab.defer(lambda: removed.append("queue"))
        lab.defer(lambda: removed.append("policy"))
        raise DiffersError

    _run(_probe("a.probe", observe))
    assert removed == ["policy", "queue"]


def test_what_cannot_be_removed_is_told() -> None:
    in_use, not_found = _error("DependencyViolation"), _error("ResourceNotFoundException")

    def fail(**_: object) -> None:
        raise in_use

    def gone(**_: object) -> None:
        raise not_found

    def observe(lab: Lab) -> None:
        lab.defer(fail, name="vpc")
        lab.defer(gone, name="queue")

    results = _run(_probe("a.probe", observe))
    assert results.count(Outcome.AS_AWS) == 1
    assert results.left == ["{'name': 'vpc'}: Call: DependencyViolation: no"]


def test_a_removal_without_an_answer_ends_no_run() -> None:
    def unanswered(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://localhost:1")

    results = _run(_probe("a.probe", lambda lab: lab.defer(unanswered, name="topic")))
    assert results.count(Outcome.AS_AWS) == 1
    [left] = results.left
    assert left.startswith("{'name': 'topic'}: Could not connect")


def test_what_is_shared_is_created_once_and_removed_last() -> None:
    events: list[str] = []

    def make(lab: Lab) -> str:
        events.append("created")
        lab.defer(lambda: events.append("removed"))
        return "cluster"

    def observe(lab: Lab) -> None:
        lab.defer(lambda: events.append("probe"))
        assert lab.shared.once(make) == "cluster"

    _run(*(_probe(f"a.{number}", observe) for number in range(3)))
    assert events == ["created", "probe", "probe", "probe", "removed"]


def test_all_who_need_it_learn_why_it_could_not_be_created() -> None:
    attempts: list[None] = []

    def make(_: Lab) -> str:
        attempts.append(None)
        message = "no cluster"
        raise NotOfferedError(message)

    def observe(lab: Lab) -> None:
        lab.shared.once(make)

    results = _run(*(_probe(f"a.{number}", observe) for number in range(3)))
    assert {(result.outcome, result.seen) for result in results.results} == {(Outcome.NOT_OFFERED, "no cluster")}
    assert len(attempts) == 1


def test_probes_run_side_by_side() -> None:
    barrier = threading.Barrier(4)

    def observe(_: Lab) -> None:
        barrier.wait(10)  # breaks unless all four are there

    results = _run(*(_probe(f"a.{number}", observe) for number in range(4)))
    assert results.count(Outcome.AS_AWS) == 4


@pytest.mark.parametrize(("least", "most"), [(2.8, 3.1), (2.0, 3.0), (7.9, 8.0)])
def test_a_time_within_the_tolerances_is_as_documented(least: float, most: float) -> None:
    expect_time("visible", 3, least, most)


@pytest.mark.parametrize(
    ("least", "most", "seen"), [(1.0, 2.3, "visible after 2.3 s"), (8.1, 9.0, "visible after 8.1 s")]
)
def test_a_time_out_of_them_differs(least: float, most: float, seen: str) -> None:
    with pytest.raises(DiffersError, match=seen):
        expect_time("visible", 3, least, most)
