"""Results on disk, and those that are expected."""

from __future__ import annotations

from pathlib import Path

from probes import results
from probes.catalogue import all_probes
from probes.expected import unexpected
from probes.probe import Outcome
from probes.results import Result, Results
from probes.table import render

ROOT = Path(__file__).parents[3]


def _results(*found: Result) -> Results:
    return Results("moto", "2026-11-29T05:00:00+00:00", 61.5, {"moto": {"release": "5.2.5"}}, 2.0, list(found))


ONE = Result("sqs.one", Outcome.AS_AWS, "", 1.5)
TWO = Result("sqs.two", Outcome.DIFFERS, "seen", 2.0)


def test_results_can_be_read_again(tmp_path: Path) -> None:
    written = _results(ONE, TWO)
    written.write(tmp_path / "moto" / "probes.json")
    assert results.read(tmp_path / "moto" / "probes.json") == written


def test_a_probe_that_was_repeated_has_its_last_result() -> None:
    again = Result("sqs.two", Outcome.AS_AWS, "", 2.5)
    merged = _results(ONE, TWO).replaced_by(_results(again))
    assert merged.results == [ONE, again]
    assert merged.seconds == 123.0


def test_what_is_not_as_expected() -> None:
    changed = Result("sqs.two", Outcome.NOT_SHOWN, "why", 2.0)
    new = Result("sqs.three", Outcome.AS_AWS, "", 1.0)
    assert unexpected(_results(ONE, TWO), _results(ONE, TWO)) == []
    assert unexpected(_results(ONE, TWO), _results(ONE, changed, new)) == ["sqs.two", "sqs.three"]


def test_the_committed_table_is_that_of_the_expected_results() -> None:
    files = sorted((ROOT / "probes" / "expected").glob("*.json"))
    assert [file.stem for file in files] == sorted(
        file.stem for file in (ROOT / "probes" / "environments").glob("*.yml")
    )
    committed = (ROOT / "docs" / "findings" / "probes.md").read_text(encoding="utf-8")
    assert committed == render(all_probes(), [results.read(file) for file in files])


def test_the_expected_results_are_of_all_probes() -> None:
    names = [each.name for each in all_probes()]
    for file in (ROOT / "probes" / "expected").glob("*.json"):
        assert [result.name for result in results.read(file).results] == names
