from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    import pytest


def test_variables_whose_whole_name_matches_a_pattern_are_listed(source: ModuleType) -> None:
    shell = {"AWS_URL_S3": "x", "AWS_URL": "x", "MY_AWS_URL": "x", "AWS_PROFILE": "x", "HOME": "x"}

    assert source.shell_variables(["AWS_URL(_.+)?", "AWS_PROFILE"], shell) == ["AWS_PROFILE", "AWS_URL", "AWS_URL_S3"]


def test_empty_variables_are_not_listed(source: ModuleType) -> None:
    assert source.shell_variables(["AWS_PROFILE"], {"AWS_PROFILE": ""}) == []


def test_ansible_finds_the_lookup(source: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_URL", "http://127.0.0.1:1")

    assert source.LookupModule().run(["AWS_URL"]) == ["AWS_URL"]
