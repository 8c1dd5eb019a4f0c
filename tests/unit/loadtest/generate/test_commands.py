from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "role",
    [
        ["--master"],
        ["--worker"],
        ["--expect-workers", "2"],
        ["--worker", "--master-host", "a", "--expect-workers", "2"],
    ],
)
def test_roles_take_exactly_their_options(tmp_path: Path, capsys: pytest.CaptureFixture[str], role: list[str]) -> None:
    command = ["generate", "--scenario", "smoke", "--host", "http://localhost", "--run-directory", str(tmp_path)]
    assert main([*command, *role]) == 2
    assert "--master needs --expect-workers" in capsys.readouterr().err
