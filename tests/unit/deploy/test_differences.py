from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def test_equal_values_have_no_differences(source: ModuleType) -> None:
    assert source.differences({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == []


def test_each_difference_has_its_path(source: ModuleType) -> None:
    was = {"same": 1, "other": {"cpu": 256}, "removed": [], "list": [{"a": 1}, {"a": 2}], "longer": [1]}
    now = {"same": 1, "other": {"cpu": 512}, "added": "x", "list": [{"a": 1}, {"a": 3}], "longer": [1, 2]}

    assert source.differences(was, now) == [
        {"path": ["added"], "was": None, "is": "x"},
        {"path": ["list", "1", "a"], "was": 2, "is": 3},
        {"path": ["longer"], "was": [1], "is": [1, 2]},
        {"path": ["other", "cpu"], "was": 256, "is": 512},
        {"path": ["removed"], "was": [], "is": None},
    ]


def test_ansible_finds_the_filter(source: ModuleType) -> None:
    assert source.FilterModule().filters() == {"differences": source.differences}
