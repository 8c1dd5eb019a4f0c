from __future__ import annotations

from loadtest.report.emulators import emulators_of, not_exercised


def test_habits_exercise_what_the_emulator_behind_them_does_not() -> None:
    without, with_habits = not_exercised(["localstack"]), not_exercised(["localstack", "habits"])
    assert [each for each in without if each not in with_habits] == without[:2]
    assert [each.partition(":")[0] for each in with_habits] == ["Capacity and network", "Cost"]


def test_an_unknown_emulator_exercises_nothing_that_no_emulator_does() -> None:
    assert not_exercised(["another"]) == not_exercised(["localstack"])


def test_habits_are_known_among_versions() -> None:
    assert emulators_of({"habits": "orders-emulator/habits:1", "locust": "2.47.0", "localstack": "x"}) == [
        "localstack",
        "habits",
    ]
