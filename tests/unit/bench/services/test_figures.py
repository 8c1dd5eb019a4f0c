"""Tests of the figures of bench.json, and of the comparison with an earlier one."""

from __future__ import annotations

import pytest

from tests.bench.services.figures import Key, Results, changes, figures, values

KEY = Key("api-stub", "stub-0ms ours", "100", "orders_per_second")


def results(**figures: list[float]) -> Results:
    """Return results with one step, whose measurements have these figures; calls by their names."""
    rounds = []
    for number in range(len(next(iter(figures.values())))):
        values = {name: found[number] for name, found in figures.items()}
        calls = {name: values.pop(name) for name in list(values) if name == "PublishBatch"}
        rounds.append({**values, "p99_ms": None, "calls": calls})
    return {"api-stub": {"systems": [{"name": "stub-0ms ours", "title": "a stub", "figures": {"100": rounds}}]}}


def test_a_figure_has_a_value_for_each_round() -> None:
    measured = results(orders_per_second=[4000.0, 5000.0], PublishBatch=[110.0, 120.0])

    assert values(measured, *KEY) == [4000.0, 5000.0]
    assert values(measured, *KEY[:3], "PublishBatch") == [110.0, 120.0]


@pytest.mark.parametrize(
    "key",
    [
        KEY._replace(part="task"),
        KEY._replace(system="stub-8ms ours"),
        KEY._replace(step="20"),
        KEY._replace(name="p50_ms"),
        KEY._replace(name="p99_ms"),
    ],
)
def test_what_was_not_measured_has_no_values(key: Key) -> None:
    assert values(results(orders_per_second=[4000.0]), *key) == []


def test_all_figures_are_found_but_those_without_a_value() -> None:
    found = dict(figures(results(orders_per_second=[4000.0], PublishBatch=[110.0])))

    assert found == {KEY: [4000.0], KEY._replace(name="PublishBatch"): [110.0]}


@pytest.mark.parametrize(
    ("name", "before", "after", "shown", "better"),
    [
        ("orders_per_second", [4000.0, 4100.0, 4200.0], [4300.0, 4400.0, 4500.0], True, True),
        ("orders_per_second", [4300.0, 4400.0, 4500.0], [4000.0, 4100.0, 4200.0], True, False),
        ("cpu_ms", [0.2, 0.21, 0.22], [0.15, 0.16, 0.17], True, True),
        ("cpu_ms", [0.15, 0.16, 0.17], [0.2, 0.21, 0.22], True, False),
        ("PublishBatch", [100.0], [110.0], True, False),
        ("orders_per_second", [4000.0, 4400.0], [4300.0, 4500.0], False, True),
        ("orders_per_second", [4000.0], [4000.0], False, False),
        ("start_mib", [65.5, 65.5], [65.3, 65.3], False, True),
        ("start_mib", [65.5, 65.5], [63.0, 63.0], True, True),
        ("PublishBatch", [0.0], [100.0], True, False),
    ],
)
def test_a_difference_is_shown_where_the_rounds_do_not_overlap(
    name: str, before: list[float], after: list[float], shown: bool, better: bool
) -> None:
    (change,) = changes(results(**{name: before}), results(**{name: after}))

    assert (change.shown, change.better) == (shown, better)


def test_the_ratio_is_that_of_the_medians() -> None:
    (change,) = changes(results(cpu_ms=[0.1, 0.2, 0.9]), results(cpu_ms=[0.3, 0.3, 0.3]))

    assert change.ratio == pytest.approx(1.5)


def test_nothing_has_no_ratio_to_something() -> None:
    (change,) = changes(results(PublishBatch=[0.0]), results(PublishBatch=[100.0]))

    assert change.ratio is None


def test_only_what_both_runs_have_is_compared() -> None:
    assert changes(results(cpu_ms=[0.1]), results(p50_ms=[0.1])) == []
    assert changes(results(cores=[0.9]), results(cores=[0.1])) == []
