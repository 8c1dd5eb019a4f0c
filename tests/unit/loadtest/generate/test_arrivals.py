from __future__ import annotations

from typing import TYPE_CHECKING

import gevent  # type: ignore[import-untyped]  # gevent has no types

from loadtest.generate.arrivals import Arrivals

if TYPE_CHECKING:
    from tests.unit.loadtest.conftest import JumpingClock


def test_each_order_is_due_at_its_time_and_goes_to_the_user_idle_longest(clock: JumpingClock) -> None:
    arrivals = Arrivals(clock)
    sent: list[tuple[str, float]] = []

    def user(name: str) -> None:
        arrivals.wait()
        sent.append((name, clock.elapsed))

    users = [gevent.spawn(user, name) for name in "abc"]
    gevent.idle()
    for _ in range(3):
        arrivals.run(per_second=10, count=1)
        gevent.joinall(users[: len(sent) + 1], timeout=5)
        clock.sleep(0.1)

    assert [name for name, _ in sent] == ["a", "b", "c"]


def test_a_user_learns_when_the_order_was_due_and_not_when_it_was_called(clock: JumpingClock) -> None:
    arrivals = Arrivals(clock)
    users = [gevent.spawn(arrivals.wait) for _ in range(3)]
    gevent.idle()
    clock.sleep(5)
    delays = iter([0.0, 2.0, 0.0])  # the second order is called two seconds late

    def sleep(seconds: float) -> None:
        clock.elapsed += max(seconds, next(delays))

    clock.sleep = sleep  # type: ignore[method-assign]
    arrivals.run(per_second=10, count=3)
    gevent.joinall(users, timeout=5)

    assert [user.value for user in users] == [5.0, 5.1, 5.2]


def test_orders_are_due_at_the_arrival_rate_without_idle_users(clock: JumpingClock) -> None:
    Arrivals(clock).run(per_second=4, count=9)

    assert clock.elapsed == 2


def test_an_order_without_an_idle_user_is_not_sent_later(clock: JumpingClock) -> None:
    arrivals = Arrivals(clock)
    arrivals.run(per_second=10, count=5)
    late = gevent.spawn(arrivals.wait)
    gevent.idle()

    assert not late.dead
    arrivals.run(per_second=10, count=1)
    late.join(timeout=5)
    assert late.dead
