import pytest

from orders.backoff import backoff


@pytest.fixture
def longest_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _shortest, longest: longest)


@pytest.mark.usefixtures("longest_draw")
def test_the_longest_wait_doubles_with_each_failure_up_to_the_limit() -> None:
    assert [backoff(failures, first=1, longest=5) for failures in (1, 2, 3, 4, 2000)] == [1, 2, 4, 5, 5]


def test_waits_are_spread_between_nothing_and_the_longest() -> None:
    waits = [backoff(2, first=1, longest=10) for _ in range(200)]
    assert 0 <= min(waits) < 0.5
    assert 1.5 < max(waits) <= 2
