"""A plan without a limit is no plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from loadtest.errors import FileError
from loadtest.record.documents import read_document
from loadtest.trial.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("hours", [0.9, 25, None, "two"])
def test_hours_without_a_limit_are_refused(tmp_path: Path, plan: Plan, hours: object) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({**msgspec.to_builtins(plan), "hours": hours}))

    with pytest.raises(FileError, match="hours"):
        read_document(tmp_path / "plan.json", Plan)
