from __future__ import annotations

import json
import shutil
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


FINDING = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.find:
        paths: "{{ results }}"
        recurse: true
        patterns: run.json
      register: found
    - ansible.builtin.set_fact:
        runs: "{{ runs | default([]) + [{'directory': item.path | dirname}] }}"
      loop: "{{ found.files }}"
    - ansible.builtin.include_role:
        name: comparison
      vars:
        comparison_runs: "{{ runs | map(attribute='directory') }}"
"""


def test_the_name_of_a_found_run_is_no_template(play: Play, tmp_path: Path) -> None:
    """As the role experiment finds them."""
    names = ["{{ 1+1 }}", f"{{{{ lookup('pipe', 'touch ..{tmp_path.name}') }}}}", "-x", "x'$(touch PWNED)'"]
    for name in names:
        shutil.copytree(ROOT / RUNS[0], tmp_path / "results" / name)
    variables = {"results": f"{tmp_path}/results", "comparison_output_directory": f"{tmp_path}/report"}
    played = play(FINDING, "--extra-vars", json.dumps(variables))
    assert played.status == 0, played.output
    report = json.loads((tmp_path / "report/comparison.json").read_text())
    assert sorted(run["label"] for run in report["runs"]) == sorted(f"results/{name}" for name in names)
    assert not list(ROOT.glob(f"..{tmp_path.name}"))
