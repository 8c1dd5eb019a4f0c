import pytest

from orders.backoff import Backoff


@pytest.fixture
def longest_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _shortest, longest: longest)


@pytest.mark.usefixtures("longest_draw")
def test_the_longest_delay_doubles_with_each_failure_up_to_the_cap() -> None:
    assert [Backoff(base=1, cap=5).delay(failures) for failures in (1, 2, 3, 4, 2000)] == [1, 2, 4, 5, 5]


def test_delays_are_spread_from_0_to_the_longest() -> None:
    delays = [Backoff(base=1, cap=10).delay(2) for _ in range(200)]
    assert 0 <= min(delays) < 0.5
    assert 1.5 < max(delays) <= 2
