from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from loadtest.evaluate import gates
from loadtest.evaluate.figures import Window, request_figures
from loadtest.record.rows import DeadLetter, GeneratorSample, LedgerEntry, MemorySample, QueueSample, Request
from loadtest.record.run import Clocks, LocustEntry, Orders, Queue, Sizing

if TYPE_CHECKING:
    from loadtest.record.scenario import Scenario

LOAD = Window(1000.0, 1060.0)
SIZING = Sizing(workers=2, payment_seconds=3)
STEADY = Window(1002.0, 1060.0)


def requests(*, per_second: float = 10.0, ms: float = 100.0, failed: int = 0, unanswered: int = 0) -> list[Request]:
    """One minute of load; 4 users who think for 0.3 s and wait for 0.1 s send ten requests a second."""
    count = int(60 * per_second)
    rows = []
    for number in range(count):
        status = 0 if number < unanswered else 503 if number < unanswered + failed else 202
        accepted = status == 202
        rows.append(
            Request(1000 + number / per_second, ms, status, f"o-{number}" if accepted else "", "" if accepted else "no")
        )
    return rows


def cpu(*percents: float) -> list[GeneratorSample]:
    return [GeneratorSample(1000.0 + second, 4, percent) for second, percent in enumerate(percents)]


def depth(time: float, value: int) -> QueueSample:
    return QueueSample(time, value, 0, 0, 0)


def orders(accepted: int, completed: int, *, dead: int | None = 0, duplicated: int = 0) -> Orders:
    lost = None if dead is None else accepted - completed - dead
    return Orders(accepted, completed, duplicated, dead, lost)


@pytest.mark.parametrize(
    ("samples", "passed", "detail"),
    [
        ([depth(998.0, 0)], True, "depth 0, 2.0 s before the first request"),
        ([depth(998.0, 3)], False, "depth 3, 2.0 s before"),
        ([depth(1001.0, 0)], False, "first sample 1.0 s after the first request"),
        ([], False, "0 queue samples"),
    ],
)
def test_queue_empty_at_start(samples: list[QueueSample], passed: bool, detail: str) -> None:
    gate = gates.queue_empty_at_start(samples, requests())
    assert gate.passed is passed
    assert detail in gate.detail


def lasting(*seconds: float) -> list[list[GeneratorSample]]:
    """Return the first and the last sample of a Locust process for each duration."""
    return [[GeneratorSample(1000.0, 4, 20.0), GeneratorSample(1000.0 + each, 4, 20.0)] for each in seconds]


@pytest.mark.parametrize(
    ("processes", "passed", "detail"),
    [
        (lasting(60), True, "60.0 s of load, 60 ± 1.2 s required"),
        (lasting(61.1, 58.9), True, "60 ± 1.2 s required"),
        (lasting(3), False, "3.0 s of load"),
        (lasting(58.7), False, "58.7 s of load"),
        (lasting(61.3), False, "61.3 s of load"),
        (lasting(60, 30, 60), False, "30.0 s of load"),
        ([*lasting(60), []], False, "a Locust process without samples"),
        ([], False, "a Locust process without samples"),
    ],
)
def test_load_sent_as_planned(
    scenario: Scenario, processes: list[list[GeneratorSample]], passed: bool, detail: str
) -> None:
    gate = gates.load_sent_as_planned(processes, requests(), scenario)
    assert gate.passed is passed
    assert detail in gate.detail


def test_the_duration_of_a_short_load_is_checked_to_the_second(scenario: Scenario) -> None:
    short = structs.replace(scenario, duration_seconds=10)
    assert gates.load_sent_as_planned(lasting(9.1), [], short).passed
    assert not gates.load_sent_as_planned(lasting(8.9), [], short).passed


@pytest.mark.parametrize(("sent", "passed"), [(560, True), (580, True), (581, False), (1160, False)])
def test_in_the_open_model_no_more_requests_are_sent_than_are_due(
    open_model: Scenario, sent: int, passed: bool
) -> None:
    for path in ("/orders/async", "/orders/sync"):
        gate = gates.load_sent_as_planned(
            lasting(60), requests(per_second=20)[:sent], structs.replace(open_model, path=path)
        )
        assert gate.passed is passed
        assert f"{sent:,} requests, at most 580 due" in gate.detail


@pytest.mark.parametrize(
    ("counted", "passed", "detail"),
    [
        ([LocustEntry(600, 6)], True, "600 requests recorded, 6 of them failed; Locust counted 600, 6 of them failed"),
        ([LocustEntry(500, 4), LocustEntry(100, 2)], True, "Locust counted 600"),
        ([LocustEntry(601, 6)], False, "Locust counted 601"),
        ([LocustEntry(600, 5)], False, "5 of them failed"),
        ([], False, "Locust counted 0"),
        (None, False, "no locust.json"),
    ],
)
def test_every_request_recorded(
    scenario: Scenario, counted: list[LocustEntry] | None, passed: bool, detail: str
) -> None:
    gate = gates.every_request_recorded(request_figures(requests(failed=6), STEADY, scenario), counted)
    assert gate.passed is passed
    assert detail in gate.detail


@pytest.mark.parametrize(
    ("failed", "passed", "detail"),
    [
        (0, True, "0 of 600 failed: 0.00 %, at most 1 % allowed"),
        (6, True, "6 of 600"),
        (7, False, "7 of 600 failed: 1.17 %"),
    ],
)
def test_requests_succeed(scenario: Scenario, failed: int, passed: bool, detail: str) -> None:
    gate = gates.requests_succeed(request_figures(requests(failed=failed), STEADY, scenario), scenario)
    assert gate.passed is passed
    assert detail in gate.detail


def test_requests_succeed_needs_requests(scenario: Scenario) -> None:
    assert not gates.requests_succeed(request_figures([], None, scenario), scenario).passed


@pytest.mark.parametrize(
    ("due", "unanswered", "passed", "detail"),
    [
        (600, 0, True, "600 of 600 due answered: 100.0 %"),
        (600, 12, True, "588 of 600 due answered: 98.0 %"),
        (600, 13, False, "587 of 600 due answered: 97.8 %, at least 98 % required"),
        (612, 0, True, "600 of 612 due answered: 98.0 %, at least 98 % required; 12 missed"),
        (620, 0, False, "600 of 620 due answered"),
        (600, 600, False, "0 of 600 due answered"),
    ],
)
def test_offered_load_achieved(open_model: Scenario, due: int, unanswered: int, passed: bool, detail: str) -> None:
    per_second = due / (open_model.duration_seconds - open_model.ramp_seconds)
    rows = requests(unanswered=unanswered)
    figures = request_figures(rows, STEADY, structs.replace(open_model, arrivals_per_second=per_second))
    gate = gates.offered_load_achieved(rows, figures)
    assert gate.passed is passed
    assert detail in gate.detail


def test_an_offered_load_of_nothing_is_not_achieved(scenario: Scenario) -> None:
    assert not gates.offered_load_achieved([], request_figures([], STEADY, scenario)).passed


def sent_late(*late_ms: float) -> list[Request]:
    return [
        Request(1000 + number + late / 1000, 10.0, 202, f"o-{number}", "", 1000.0 + number)
        for number, late in enumerate(late_ms)
    ]


@pytest.mark.parametrize(
    ("rows", "passed", "detail"),
    [
        (sent_late(*[2.0] * 100), True, "0 of 100 more than 100 ms late, at most 1 % allowed; the latest by 2 ms"),
        (sent_late(*[2.0] * 99, 150.0), True, "1 of 100 more than 100 ms late"),
        (sent_late(*[2.0] * 98, 150.0, 3000.0), False, "2 of 100 more than 100 ms late"),
        (requests(), False, "not recorded when each request was due"),
        ([], False, "not recorded when each request was due"),
    ],
)
def test_orders_sent_when_due(rows: list[Request], passed: bool, detail: str) -> None:
    gate = gates.orders_sent_when_due(rows)
    assert gate.passed is passed
    assert detail in gate.detail


@pytest.mark.parametrize(
    ("per_second", "passed", "detail"),
    [
        (10, True, "10.0/s x (0.1000 s + 0.3000 s) = 4.0 users of 4: +0.0 %"),
        (10.8, True, "+7.9 %"),
        (9.2, True, "-8.1 %"),
        (11.5, False, "+15.0 %"),
        (8.5, False, "-15.0 %"),
        (20, False, "= 8.0 users of 4: +100.0 %"),
    ],
)
def test_littles_law(scenario: Scenario, per_second: float, passed: bool, detail: str) -> None:
    gate = gates.littles_law(requests(per_second=per_second), STEADY, scenario)
    assert gate.passed is passed
    assert detail in gate.detail


def test_littles_law_ignores_the_ramp(scenario: Scenario) -> None:
    ramp = [Request(1000 + number / 1000, 100.0, 202, f"r-{number}", "") for number in range(1000)]
    assert gates.littles_law(ramp + requests(), STEADY, scenario).passed


def test_littles_law_needs_a_steady_window(scenario: Scenario) -> None:
    assert not gates.littles_law(requests(), None, scenario).passed
    assert not gates.littles_law([], STEADY, scenario).passed


@pytest.mark.parametrize(
    ("processes", "passed", "detail"),
    [
        (
            [cpu(*[20.0] * 60)],
            True,
            "0 of 58 samples at 80 % or more, at most 5 % of them allowed; mean 20 %, max 20 %",
        ),
        ([cpu(100.0, 100.0, *[20.0] * 58)], True, "0 of 58"),
        ([cpu(*[20.0] * 58, 80.0, 99.0)], True, "2 of 58 samples at 80 % or more"),
        ([cpu(*[20.0] * 57, 80.0, 80.0, 80.0)], False, "3 of 58"),
        ([cpu(*[20.0] * 60), cpu(*[90.0] * 60)], False, "58 of 58"),
        ([cpu(*[20.0] * 60), cpu(20.0)], False, "a Locust process without samples"),
        ([], False, "a Locust process without samples"),
    ],
)
def test_generator_cpu(processes: list[list[GeneratorSample]], passed: bool, detail: str) -> None:
    gate = gates.generator_cpu(processes, STEADY)
    assert gate.passed is passed
    assert detail in gate.detail


@pytest.mark.parametrize(
    ("times", "passed", "detail"),
    [
        ([[0, 1, 2.5]], True, "1.5 s between two samples at most, 1.5 s allowed"),
        ([[0, 1, 2], [0, 1, 2.6]], False, "1.6 s between two samples"),
        ([[0]], False, "without samples"),
        ([], False, "without samples"),
    ],
)
def test_generator_never_paused(times: list[list[float]], passed: bool, detail: str) -> None:
    gate = gates.generator_never_paused([[GeneratorSample(each, 4, 5.0) for each in own] for own in times])
    assert gate.passed is passed
    assert detail in gate.detail


def logged(process: str, first: float, last: float) -> list[MemorySample]:
    return [MemorySample(time, "processor", process, 60.0) for time in (first, last)]


@pytest.mark.parametrize(
    ("memory", "passed", "detail"),
    [
        (logged("a", 995, 1110), True, "processor: 1 tasks, 0 started and 0 ended during the run"),
        (logged("a", 1010, 1090), True, "0 started and 0 ended"),
        (logged("a", 995, 1110) + logged("b", 1021, 1110), False, "2 tasks, 1 started and 0 ended"),
        (logged("a", 995, 1110) + logged("b", 995, 1080), False, "2 tasks, 0 started and 1 ended"),
        (logged("a", 995, 1110) + logged("before", 900, 990), True, "1 tasks"),
        (logged("before", 900, 990), False, "no memory samples during the run"),
        ([], False, "no memory samples"),
    ],
)
def test_same_tasks_throughout(memory: list[MemorySample], passed: bool, detail: str) -> None:
    gate = gates.same_tasks_throughout(memory, LOAD, [LedgerEntry("o", 1050.0, 1105.0, 1, 50.0)])
    assert gate.passed is passed
    assert detail in gate.detail


def completed(*latencies: float) -> list[LedgerEntry]:
    return [LedgerEntry(f"o-{each}", 1000.0, 1000.0 + each, 1, each) for each in latencies]


@pytest.mark.parametrize(
    ("clocks", "latencies", "passed", "detail"),
    [
        (Clocks(-0.01, 0.02), (3.0, 4.0), True, "ahead by 0.005 s (-0.010 to 0.020 s)"),
        (Clocks(0.4, 0.6), (3.0,), True, "ahead by 0.500 s"),
        (Clocks(-5.0, -4.9), (3.0,), False, "ahead by -4.950 s"),
        (Clocks(1.0, -1.0), (3.0,), False, "no single shift fits all orders"),
        (Clocks(0.01, -0.01), (3.0,), True, "no single shift fits all orders"),
        (Clocks(-0.01, 0.02), (3.0, 2.0), False, "completed 2.000 s after its creation, sooner than its payment"),
        (None, (3.0,), False, "no completed order"),
    ],
)
def test_clocks_agree(clocks: Clocks | None, latencies: tuple[float, ...], passed: bool, detail: str) -> None:
    gate = gates.clocks_agree(clocks, completed(*latencies), SIZING)
    assert gate.passed is passed
    assert detail in gate.detail


@pytest.mark.parametrize(
    ("drain", "model", "passed"),
    [
        (50.0, 50.0, True),
        (48.5, 50.0, True),
        (48.4, 50.0, False),
        (0.0, 0.0, True),
        (None, 50.0, False),
        (50.0, None, False),
    ],
)
def test_no_faster_than_the_model(drain: float | None, model: float | None, passed: bool) -> None:
    assert gates.no_faster_than_the_model(Queue(100, drain, model)).passed is passed


@pytest.mark.parametrize(
    ("latencies", "sizing", "passed", "detail"),
    [
        ((3.0, 3.0, 6.0, 6.01), SIZING, True, "2 payments at once, 2 workers"),
        ((3.0, 3.0, 3.2), SIZING, False, "3 payments at once, 2 workers"),
        ((3.0,), Sizing(), False, "settings"),
    ],
)
def test_no_more_payments_than_workers(latencies: tuple[float, ...], sizing: Sizing, passed: bool, detail: str) -> None:
    gate = gates.no_more_payments_than_workers(completed(*latencies), sizing)
    assert gate.passed is passed
    assert detail in gate.detail


@pytest.mark.parametrize(
    ("figures", "passed", "detail"),
    [
        (orders(10, 10), True, "10 accepted, 10 completed + 0 dead-lettered, 0 lost"),
        (orders(10, 8, dead=2), True, "8 completed + 2 dead-lettered, 0 lost"),
        (orders(10, 8, dead=1), False, "1 lost"),
        (orders(10, 10, dead=None), False, "dead letters: unknown"),
        (orders(0, 0), False, "0 accepted"),
    ],
)
def test_ledger_closes(figures: Orders, passed: bool, detail: str) -> None:
    gate = gates.ledger_closes(figures, repeated=0, foreign=0)
    assert gate.passed is passed
    assert detail in gate.detail


def test_completions_of_other_orders_are_mentioned() -> None:
    gate = gates.ledger_closes(orders(10, 10), repeated=0, foreign=3)
    assert gate.passed
    assert "3 completions of other orders ignored" in gate.detail


def test_two_orders_with_one_id_fail_the_ledger_gate() -> None:
    gate = gates.ledger_closes(orders(10, 10), repeated=2, foreign=0)
    assert not gate.passed
    assert "2 answers repeat the id of another order" in gate.detail


@pytest.mark.parametrize(
    ("figures", "passed", "detail"),
    [
        (orders(10, 10), True, "0 of 10 accepted orders; 2 dead letters of other orders ignored"),
        (orders(10, 9, dead=1), False, "1 of 10 accepted orders; 1 dead letters of other orders ignored"),
        (orders(10, 10, dead=None), False, "not read"),
    ],
)
def test_no_order_dead_lettered(figures: Orders, passed: bool, detail: str) -> None:
    gate = gates.no_order_dead_lettered(figures, [DeadLetter("m-1", "o"), DeadLetter("m-2", "another")])
    assert gate.passed is passed
    assert detail in gate.detail


def test_orders_that_were_delivered_twice_and_paid_for_once_pass() -> None:
    gate = gates.no_order_completed_twice(structs.replace(orders(10, 10), redelivered=3))
    assert gate.passed
    assert gate.detail == (
        "0 of 10 completed orders were completed again; 3 were delivered again, and not paid for again"
    )


@pytest.mark.parametrize(
    ("figures", "passed"), [(orders(10, 10), True), (orders(10, 10, duplicated=1), False), (orders(10, 0), False)]
)
def test_no_order_completed_twice(figures: Orders, passed: bool) -> None:
    assert gates.no_order_completed_twice(figures).passed is passed


@pytest.mark.parametrize(
    ("samples", "ledger", "passed", "detail"),
    [
        ([depth(1001, 3), depth(1049.2, 0)], completed(3.0), True, "depth 0 in the last sample, 49.2 s after the last"),
        ([depth(1049.2, 5)], completed(3.0), False, "depth 5 in the last sample"),
        ([depth(999, 0)], completed(3.0), False, "no sample after the last accepted order"),
        ([], completed(3.0), False, "0 queue samples"),
        ([depth(1049.2, 0)], [], False, "0 accepted orders"),
    ],
)
def test_queue_drained(samples: list[QueueSample], ledger: list[LedgerEntry], passed: bool, detail: str) -> None:
    gate = gates.queue_drained(samples, ledger)
    assert gate.passed is passed
    assert detail in gate.detail
