"""The audit of the locks, without a vulnerability service."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

OLD = {
    "name": "urllib3",
    "version": "2.6.3",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-44432"], "fix_versions": ["2.7.0"]}],
}
SOUND = {"name": "boto3", "version": "1.43.0", "vulns": []}
SKIPPED = {"name": "urllib3", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def answers(source: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """What pip-audit prints about each lock; without an entry, it fails."""
    answers: dict[str, str] = {}

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401  # as subprocess.run
        lock = command[command.index("--requirement") + 1].rpartition("/")[2].removesuffix(".txt")
        return subprocess.CompletedProcess(command, 1, answers.get(lock, ""), "Traceback\nConnectionError: no route")

    monkeypatch.setattr(source.subprocess, "run", run)
    monkeypatch.setattr(source, "HERE", tmp_path)
    monkeypatch.setattr(source, "EXCEPTIONS", tmp_path / "audit-exceptions.yml")
    monkeypatch.setattr("sys.argv", ["audit.py"])
    (tmp_path / "localstack.txt").touch()
    (tmp_path / "audit-exceptions.yml").write_text("exceptions: []\n")
    return answers


def output(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_vulnerability_fails_the_audit(
    source: ModuleType, answers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers["localstack"] = output(OLD, SOUND)

    assert source.main() == 1
    assert capsys.readouterr().out == "localstack.txt: urllib3 2.6.3 has PYSEC-2026-1, fixed in 2.7.0\n"


@pytest.mark.parametrize("identifier", ["PYSEC-2026-1", "CVE-2026-44432"])
def test_an_exception_may_name_any_identifier(
    source: ModuleType, answers: dict[str, str], tmp_path: Path, identifier: str
) -> None:
    answers["localstack"] = output(OLD)
    exceptions = [{"lock": "localstack", "id": identifier, "reason": "Not used."}]
    (tmp_path / "audit-exceptions.yml").write_text(json.dumps({"exceptions": exceptions}))

    assert source.main() == 0


@pytest.mark.parametrize("exception", [("localstack", ""), ("ministack", "Not used.")], ids=["reason", "lock"])
def test_an_exception_needs_a_reason_and_counts_for_its_lock(
    source: ModuleType, answers: dict[str, str], tmp_path: Path, exception: tuple[str, str]
) -> None:
    answers["localstack"] = output(OLD)
    lock, reason = exception
    exceptions = [{"lock": lock, "id": "PYSEC-2026-1", "reason": reason}]
    (tmp_path / "audit-exceptions.yml").write_text(json.dumps({"exceptions": exceptions}))

    assert source.main() == 1


def test_an_exception_that_is_not_needed_fails_the_audit(
    source: ModuleType, answers: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers["localstack"] = output(SOUND)
    exceptions = [{"lock": "localstack", "id": "PYSEC-2026-1", "reason": "Not used."}]
    (tmp_path / "audit-exceptions.yml").write_text(json.dumps({"exceptions": exceptions}))

    assert source.main() == 1
    assert "localstack.txt has no PYSEC-2026-1: remove the exception" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("", "ConnectionError: no route"), (output(SOUND, SKIPPED), "1 of 2 packages are not known there")],
    ids=["no answer", "unknown"],
)
def test_without_data_the_audit_neither_passes_nor_reports(
    source: ModuleType, answers: dict[str, str], capsys: pytest.CaptureFixture[str], answer: str, reason: str
) -> None:
    answers["localstack"] = answer

    assert source.main() == 2
    assert f"No data about vulnerabilities of localstack.txt from pypi: {reason}" in capsys.readouterr().err
