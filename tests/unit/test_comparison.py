from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.unit.conftest import Play

ROOT = Path(__file__).parents[2]
SAMPLES = Path("tests/unit/loadtest/report/samples")
RUNS = sorted(str(path.parent.relative_to(ROOT)) for path in (ROOT / SAMPLES / "runs").glob("*/*/run.json"))

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: comparison
"""


def test_the_role_writes_the_committed_report(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767700800")
    variables = {"comparison_runs": RUNS, "comparison_output_directory": str(tmp_path)}
    played = play(PLAYBOOK, "--extra-vars", json.dumps(variables))
    assert played.status == 0, played.output
    assert "Compared: localstack (3 runs), ministack (3 runs); 1 of 7 runs left out, 0 damaged." in played.output
    for name in ("comparison.html", "comparison.md", "comparison.json"):
        assert (tmp_path / name).read_bytes() == (ROOT / SAMPLES / "report" / name).read_bytes()


def test_the_role_fails_without_runs(play: Play) -> None:
    played = play(PLAYBOOK)
    assert played.status != 0
    assert "missing required arguments: comparison_runs" in played.output
