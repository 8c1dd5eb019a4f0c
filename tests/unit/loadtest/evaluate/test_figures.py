from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.evaluate.figures import (
    Window,
    close_ledger,
    empty_since,
    load_window,
    memory_figures,
    order_figures,
    queue_figures,
    request_figures,
)
from loadtest.record.percentiles import percentiles
from loadtest.record.rows import Completion, GeneratorSample, LedgerEntry, MemorySample, QueueSample, Request
from loadtest.record.run import Memory, Orders, Queue, Sizing

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


def test_requests_are_counted_and_timed_from_their_rows(scenario: Scenario) -> None:
    requests = [Request(100 + number / 10, 10.0 + number, 202, f"o-{number}", "") for number in range(40)]
    requests += [Request(104.0, 30.0, 503, "", "full"), Request(104.5, 9000.0, 0, "", "no answer")]
    figures = request_figures(requests, Window(100.0, 105.0), scenario)
    answered_ms = [10.0 + number for number in range(40)] + [30.0]
    assert (figures.count, figures.failures) == (42, 2)
    assert figures.per_second == pytest.approx(41 / 4.03)
    assert figures.offered_per_second == pytest.approx(42 / 5)
    assert figures.ms.mean == pytest.approx(sum(answered_ms) / 41)
    assert figures.ms.max == 49.0
    assert figures.ms.p50 == percentiles(answered_ms).p50
    assert figures.ms.p99 is None


def test_in_the_open_model_the_offered_rate_is_the_arrival_rate(open_model: Scenario) -> None:
    requests = [Request(100 + number / 10, 10.0, 202, f"o-{number}", "") for number in range(500)]
    figures = request_figures(requests, Window(100.0, 160.0), open_model)
    assert (figures.offered_per_second, figures.count, figures.missed) == (10, 500, 80)


def test_without_requests_nothing_is_measured(scenario: Scenario) -> None:
    figures = request_figures([], None, scenario)
    assert (figures.count, figures.failures) == (0, 0)
    assert figures.missed is None
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


def test_orders_are_completed_dead_lettered_or_lost() -> None:
    ledger = [entry("a", 1.0, completed=2), entry("b", 2.0), *(entry(name, 3.0, completed=0) for name in "cde")]
    assert order_figures(ledger, depths(0, 5, 0, dead=(7, 9))) == Orders(
        accepted=5, completed=2, duplicated=1, dead_lettered=2, lost=1
    )


def test_losses_are_never_below_zero() -> None:
    assert order_figures([entry("a", 1.0)], depths(0, 0, dead=(0, 4))).lost == 0
    assert order_figures([entry("a", 1.0)], depths(0, 0, dead=(4, 0))).dead_lettered == 0


def test_without_samples_dead_letters_and_losses_are_unknown() -> None:
    orders = order_figures([entry("a", 1.0, completed=0)], [])
    assert orders.dead_lettered is orders.lost is None


def test_the_drain_time_runs_from_the_last_accepted_order_until_the_queue_stays_empty() -> None:
    ledger = [entry("a", 101.0), entry("b", 102.5)]
    queue = queue_figures(ledger, depths(0, 1, 2, 0, 2, 1, 0, 0, 0), SIZING)
    assert queue.peak_depth == 2
    assert queue.drain_seconds == pytest.approx(106.0 - 102.5)
    assert queue.model_drain_seconds == pytest.approx(101.0 + 3 + 3 - 102.5)


def test_the_queue_model_uses_the_time_of_acceptance_of_an_uncompleted_order() -> None:
    ledger = [entry("a", 101.0), entry("b", 110.0, completed=0)]
    assert queue_figures(ledger, depths(0), SIZING).model_drain_seconds == 3


def test_a_queue_that_is_empty_at_the_end_has_a_drain_time_of_0() -> None:
    assert queue_figures([entry("a", 104.0)], depths(0, 1, 0, 0, 0, 0), SIZING).drain_seconds == 0


@pytest.mark.parametrize("samples", [depths(0, 3, 1), depths(0, 0, start=90.0), []])
def test_a_drain_that_was_not_sampled_is_unknown(samples: list[QueueSample]) -> None:
    assert queue_figures([entry("a", 101.0)], samples, SIZING).drain_seconds is None


def test_the_drain_needs_orders_and_the_queue_model_needs_workers() -> None:
    assert queue_figures([], depths(0, 0), SIZING) == Queue(0, None, None)
    assert queue_figures([entry("a", 101.0)], depths(0, 0, 0), Sizing()).model_drain_seconds is None


def test_the_queue_stays_empty_only_if_the_last_sample_is_empty() -> None:
    assert empty_since(depths(0, 2, 0, 0)) == 102.0
    assert empty_since(depths(0, 2)) is None
    assert empty_since([]) is None


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
