"""Tests of the tables of the bench."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from tests.bench.measurements import STEPS, Measurement
from tests.bench.tables import document, seconds, update
from tests.playbook import ROOT


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([9.04, 8.36, 8.12], "8.4 (8.1-9.0)"),
        ([10.0, 20.0], "15.0 (10.0-20.0)"),
        ([122.4, 118.2, 99.4], "118 (99.4-122)"),
        ([99.96], "100"),
        ([7.0], "7.0"),
        ([None, 7.0], "7.0"),
        ([None], "-"),
        ([], "-"),
    ],
)
def test_durations_are_a_median_and_a_range(values: list[float | None], shown: str) -> None:
    assert seconds(values) == shown


def part(**figures: list[Measurement]) -> dict[str, Any]:
    measured = {step: [asdict(measurement) for measurement in rounds] for step, rounds in figures.items()}
    terraform = {"deploy": [asdict(Measurement(83.0))]}
    return {
        "date": "2026-01-02",
        "environment": {"CPUs": "2", "Linux": "6.1"},
        "rounds": 2,
        "notes": ["A note."],
        "systems": [
            {"name": "abc1234", "title": "A subject", "figures": measured},
            {"name": "Terraform", "title": "the reference", "figures": terraform},
        ],
    }


def test_a_document_has_the_environment_the_notes_and_the_systems() -> None:
    text = document("local", part(deploy=[Measurement(40.0), Measurement(42.0)]))

    assert "of 2 rounds, measured on 2026-01-02. CPUs 2, Linux 6.1." in text
    assert "A note." in text
    assert "- **abc1234**: A subject\n" in text


def test_a_step_has_its_goal_and_the_durations_of_each_system() -> None:
    lines = document("local", part(deploy=[Measurement(40.0), Measurement(42.0)])).splitlines()

    assert "|  | goal | abc1234 | Terraform |" in lines
    assert "| deploy after a teardown, images there | <= 40 | 41.0 (40.0-42.0) | 83.0 |" in lines
    assert "| status | <= 4 | - | - |" in lines


def test_waiting_for_ecs_is_named_for_the_edit() -> None:
    edit = [Measurement(30.0, {"service": 12.0}, 8.0), Measurement(32.0, {"service": 14.0}, 9.0)]

    lines = document("local", part(edit=edit)).splitlines()

    assert "| ... of which waiting for ECS to replace the tasks |  | 8.5 (8.0-9.0) | - |" in lines


def test_roles_are_sorted_by_their_longest_step_without_short_ones() -> None:
    text = document(
        "local",
        part(
            deploy=[Measurement(40.0, {"account": 0.2, "image": 5.0, "network": 20.0})],
            edit=[Measurement(30.0, {"image": 21.0, "service": 12.0})],
        ),
    )

    table = text[text.index("Split by role, abc1234") :].splitlines()[2:]
    assert [line.split(" | ")[0] for line in table[2:]] == ["| image", "| network", "| service"]
    assert "| network | 20.0 | - |" in table
    assert "Split by role, Terraform" not in text


def test_calls_are_counted_where_they_were() -> None:
    first = Measurement(90.0, {}, None, {"ec2": 100, "ecs": 20})

    text = document("moto", part(deploy=[first, first]))

    assert "|  | abc1234 | Terraform |" in text  # without goals
    assert "| ... calls of AWS | 120 |  |" in text
    assert "... calls" not in document("local", part(deploy=[Measurement(90.0)]))


PAGE = """# Page

<!-- bench-deployment local -->
old
<!-- end -->

between

<!-- bench-deployment moto -->
<!-- end -->
"""


def test_an_update_replaces_one_block_of_a_page() -> None:
    updated = update(PAGE, "bench-deployment local", "| new \\1 |\n")

    assert updated == PAGE.replace("old\n", "\n| new \\1 |\n\n")
    assert update(updated, "bench-deployment local", "| new \\1 |\n") == updated


def test_the_page_has_a_block_for_each_part() -> None:
    page = (ROOT / "docs/performance.md").read_text()

    for name in STEPS:
        assert "new" in update(page, f"bench-deployment {name}", "new")


def test_an_update_needs_the_block() -> None:
    with pytest.raises(ValueError, match="<!-- bench-deployment local -->"):
        update("# Page\n", "bench-deployment local", "new")
