import math

import pytest

from loadtest.evaluate.queue_model import completion_times


@pytest.mark.parametrize(("orders", "workers"), [(1, 1), (10, 3), (100, 100), (101, 100), (3533, 100), (5, 10)])
def test_simultaneous_orders_take_one_round_of_payments_after_the_other(orders: int, workers: int) -> None:
    expected = 1000 + math.ceil(orders / workers) * 3
    assert completion_times([1000.0] * orders, workers=workers, payment_seconds=3)[-1] == pytest.approx(expected)


def test_orders_slower_than_the_workers_never_wait() -> None:
    arrivals = [10.0 * number for number in range(50)]
    assert completion_times(arrivals, workers=1, payment_seconds=3) == [arrival + 3 for arrival in arrivals]


def test_a_steady_overload_drains_at_the_rate_of_the_workers() -> None:
    # One order each 10 ms for a minute needs 6,000 payments; ten workers make one each 50 ms, from 0 on, in 300 s.
    arrivals = [number / 100 for number in range(6000)]
    assert completion_times(arrivals, workers=10, payment_seconds=0.5)[-1] == pytest.approx(300, abs=0.5)


def test_arrivals_may_come_in_any_order() -> None:
    assert completion_times([5.0, 0.0, 1.0], workers=1, payment_seconds=2) == [2, 4, 7]
