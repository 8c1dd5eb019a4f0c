from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.evaluate.figures import (
    Window,
    close_ledger,
    emulator_use,
    host_cpu,
    load_window,
    memory_figures,
    most_at_once,
    order_figures,
    queue_figures,
    request_figures,
    steady_window,
)
from loadtest.record.percentiles import percentiles
from loadtest.record.rows import (
    Completion,
    DeadLetter,
    EmulatorSample,
    GeneratorSample,
    HostSample,
    LedgerEntry,
    MemorySample,
    QueueSample,
    Redelivery,
    Request,
)
from loadtest.record.run import EmulatorUse, Memory, Orders, Queue, Sizing

if TYPE_CHECKING:
    from loadtest.record.scenario import Scenario

SIZING = Sizing(workers=1, payment_seconds=3)


def depths(*values: int, dead: tuple[int, int] = (0, 0), start: float = 100.0) -> list[QueueSample]:
    letters = [dead[0]] * (len(values) - 1) + [dead[1]]
    return [QueueSample(start + second, value, 0, 0, letters[second]) for second, value in enumerate(values)]


def entry(order_id: str, accepted_at: float, *, completed: int = 1) -> LedgerEntry:
    if not completed:
        return LedgerEntry(order_id, accepted_at, None, 0, None)
    return LedgerEntry(order_id, accepted_at, accepted_at + 3, completed, 3.0)


def test_the_load_lasts_from_the_first_sample_of_any_process_to_the_last() -> None:
    processes = [[GeneratorSample(time, 1, 5.0) for time in times] for times in ((10.0, 11.0), (10.5, 12.0))]
    assert load_window(processes) == Window(10.0, 12.0)
    assert load_window([]) is None
    assert load_window([[GeneratorSample(10.0, 1, 5.0)]]) is None


def test_the_steady_window_starts_after_the_ramp(scenario: Scenario) -> None:
    assert steady_window(Window(1000.0, 1060.0), scenario) == Window(1002.0, 1060.0)
    assert steady_window(Window(1000.0, 1060.1), scenario) == Window(1002.0, 1060.0)
    assert steady_window(Window(1000.0, 1059.9), scenario) == Window(1002.0, 1059.9)
    assert steady_window(Window(0, scenario.ramp_seconds), scenario) is None
    assert steady_window(None, scenario) is None


def test_all_requests_are_counted_and_those_of_the_steady_window_timed(scenario: Scenario) -> None:
    ramp = [Request(99.0, 5000.0, 202, "ramp", ""), Request(99.5, 20.0, 202, "ramp too", "")]
    requests = [Request(100 + number / 10, 10.0 + number, 202, f"o-{number}", "") for number in range(40)]
    requests += [Request(104.0, 30.0, 503, "", "full"), Request(104.5, 9000.0, 0, "", "no answer")]
    figures = request_figures(ramp + requests, Window(100.0, 105.0), scenario)
    answered_ms = [10.0 + number for number in range(40)] + [30.0]
    assert (figures.count, figures.failures) == (44, 2)
    assert figures.per_second == pytest.approx((41 + 1) / 5)  # one that was started in the ramp is answered after it
    assert figures.offered_per_second == pytest.approx(42 / 5)
    assert figures.ms.mean == pytest.approx(sum(answered_ms) / 41)
    assert figures.ms.max == 49.0
    assert figures.ms.p50 == percentiles(answered_ms).p50
    assert figures.ms.p99 is None


def test_in_the_open_model_the_offered_rate_is_counted_and_times_begin_when_requests_are_due(
    open_model: Scenario,
) -> None:
    requests = [Request(100.5 + number / 10, 10.0, 202, f"o-{number}", "", 100 + number / 10) for number in range(500)]
    figures = request_figures(requests, Window(100.0, 160.0), open_model)
    assert (figures.count, figures.missed) == (500, 80)
    assert figures.offered_per_second == pytest.approx(500 / 60)
    assert figures.ms.p50 == pytest.approx(510)
    assert figures.late_max_ms == pytest.approx(500)


def test_without_requests_nothing_is_measured(scenario: Scenario) -> None:
    figures = request_figures([], None, scenario)
    assert (figures.count, figures.failures) == (0, 0)
    assert figures.missed is figures.late_max_ms is None
    assert figures.per_second is figures.offered_per_second is figures.ms.mean is figures.ms.max is None


def test_the_ledger_has_each_accepted_order_once() -> None:
    requests = [
        Request(101.0, 500.0, 202, "b", ""),
        Request(100.0, 500.0, 202, "a", ""),
        Request(102.0, 500.0, 503, "", "full"),
        Request(103.0, 500.0, 202, "c", ""),
    ]
    completions = [
        Completion("a", 100.4, 140.0, 2),
        Completion("a", 100.4, 104.0, 1),
        Completion("b", 101.4, 105.0, 1),
        Completion("of another run", 90.0, 99.0, 1),
    ]
    ledger = close_ledger(requests, completions)
    assert [(each.order_id, each.accepted_at, each.completed_at, each.times_completed) for each in ledger] == [
        ("a", 100.5, 104.0, 2),
        ("b", 101.5, 105.0, 1),
        ("c", 103.5, None, 0),
    ]
    assert ledger[0].latency_seconds == pytest.approx(3.6)
    assert ledger[2].latency_seconds is None


def test_the_ledger_has_the_load_generator_s_time() -> None:
    [found] = close_ledger([Request(100.0, 500.0, 202, "a", "")], [Completion("a", 105.1, 109.0, 1)], ahead=5.0)
    assert found.completed_at == 104.0
    assert found.latency_seconds == pytest.approx(3.9)
    assert found.created_at == pytest.approx(100.1)


def letters(*order_ids: str) -> list[DeadLetter]:
    return [DeadLetter(f"m-{number}", order_id) for number, order_id in enumerate(order_ids)]


def test_orders_are_completed_dead_lettered_or_lost() -> None:
    ledger = [entry("a", 1.0, completed=2), entry("b", 2.0), *(entry(name, 3.0, completed=0) for name in "cde")]
    assert order_figures(ledger, letters("c", "d", "d", "a", "of another run"), []) == Orders(
        accepted=5, completed=2, duplicated=1, dead_lettered=2, lost=1
    )


def test_orders_of_this_run_that_were_delivered_again_are_counted_once() -> None:
    again = [Redelivery("a", "m-1", 1), Redelivery("a", "m-1", 2), Redelivery("of another run", "m-2", 1)]
    orders = order_figures([entry("a", 1.0), entry("b", 2.0)], [], [], again)
    assert (orders.redelivered, orders.duplicated) == (1, 0)
    assert order_figures([entry("a", 1.0)], [], []).redelivered is None


@pytest.mark.parametrize(("dead", "known"), [((0, 0), True), ((7, 0), True), ((7, 7), False), ((0, 4), False)])
def test_dead_letters_that_were_not_read_are_known_only_if_there_are_none(dead: tuple[int, int], known: bool) -> None:
    orders = order_figures([entry("a", 1.0, completed=0)], None, depths(0, 0, dead=dead))
    assert (orders.dead_lettered, orders.lost) == ((0, 1) if known else (None, None))
    assert order_figures([entry("a", 1.0)], None, []).lost is None


def test_the_drain_time_runs_from_the_last_creation_to_the_last_completion() -> None:
    ledger = [LedgerEntry("a", 101.0, 107.5, 1, 6.6), LedgerEntry("b", 102.5, 106.0, 1, 3.7)]
    queue = queue_figures(ledger, depths(0, 1, 2, 0), SIZING)
    assert queue.peak_depth == 2
    assert queue.drain_seconds == pytest.approx(107.5 - 102.3)
    assert queue.model_drain_seconds == pytest.approx(100.9 + 3 + 3 - 102.3)


def test_the_drain_needs_all_orders_completed_and_the_queue_model_needs_workers() -> None:
    assert queue_figures([], depths(0, 0), SIZING) == Queue(0, None, None)
    assert queue_figures([entry("a", 101.0), entry("b", 110.0, completed=0)], [], SIZING) == Queue(None, None, None)
    assert queue_figures([entry("a", 101.0)], depths(0, 0, 0), Sizing()) == Queue(0, 3.0, None)


def test_payments_that_follow_each_other_are_not_at_once() -> None:
    ledger = [LedgerEntry(f"{end}", 100.0, end, 1, 3.0) for end in (103.0, 103.1, 106.0, 106.05)]
    assert most_at_once(ledger, 3.0) == 2
    assert most_at_once([entry("a", 1.0, completed=0)], 3.0) == 0


def taken(process: str, *values: float, start: float = 95.0) -> list[MemorySample]:
    return [MemorySample(start + 10 * turn, "api", process, value) for turn, value in enumerate(values)]


def test_memory_at_start_and_end_of_the_load_and_peak_in_the_run() -> None:
    samples = taken("a", 50, 60, 70, 65, 80)
    assert memory_figures(samples, Window(100.0, 130.0)) == {"api": Memory(60, 65, 80)}


def test_the_largest_of_several_processes_counts() -> None:
    samples = taken("a", 60, 61, 62) + taken("b", 90, start=98) + taken("c", 75, 74, start=108)
    samples.sort(key=lambda sample: sample.time)
    assert memory_figures(samples, Window(90.0, 130.0)) == {"api": Memory(90, 74, 90)}


def test_memory_that_was_not_sampled_in_the_load_is_unknown() -> None:
    assert memory_figures(taken("a", 50), Window(100.0, 130.0)) == {"api": Memory(None, None, 50)}
    assert memory_figures(taken("a", 50), None) == {"api": Memory(None, None, 50)}
    assert memory_figures([], Window(100.0, 130.0)) is None


def test_the_use_of_the_computer_and_the_emulators_is_that_during_the_load() -> None:
    load = Window(100.0, 103.0)
    assert host_cpu([HostSample(99.0, 90.0), HostSample(100.0, 20.0), HostSample(102.0, 40.0)], load) == 30
    assert host_cpu([HostSample(99.0, 90.0)], load) is host_cpu([], None) is None
    samples = [
        EmulatorSample(time, "localstack", percent, 300.0 + percent)
        for time, percent in ((99, 9), (101, 50), (102, 70))
    ]
    assert emulator_use(samples, load) == {"localstack": EmulatorUse(60, 370)}
    assert emulator_use(samples[:1], load) is None
