"""Each probe says what AWS does, where AWS says so, and what of this system relies on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probes.catalogue import all_probes, select
from probes.table import SERVICES

if TYPE_CHECKING:
    from probes.probe import Probe

ROOT = Path(__file__).parents[3]


def test_there_are_many_and_their_names_differ() -> None:
    names = [each.name for each in all_probes()]
    assert len(names) >= 80
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("probe", all_probes(), ids=lambda probe: probe.name)
def test_a_probe_is_documented(probe: Probe) -> None:
    assert probe.behaviour.endswith(".")
    assert probe.sources
    assert all(source.startswith("https://docs.aws.amazon.com/") for source in probe.sources)
    assert probe.used_by == "" or (ROOT / probe.used_by).exists()
    assert probe.seconds >= 60
    assert probe.name.partition(".")[0] in SERVICES


def test_patterns_select() -> None:
    assert [each.name for each in select(["sqs.queues.can_be_purged*", "none"])] == [
        "sqs.queues.can_be_purged_once_a_minute"
    ]
    assert select([]) == all_probes()
