"""Results on disk, and those that are expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import expected, results
from probes.probe import Outcome
from probes.results import Result, Results

if TYPE_CHECKING:
    from pathlib import Path


def _results(*found: Result) -> Results:
    return Results("moto", "2026-11-29T05:00:00+00:00", 61.5, {"moto": "5.2.5"}, 2.0, list(found))


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


def test_what_is_not_as_expected(tmp_path: Path) -> None:
    file = tmp_path / "expected" / "moto.json"
    expected.write(file, _results(ONE, TWO))
    outcomes = expected.read(file)
    changed = Result("sqs.two", Outcome.NOT_SHOWN, "why", 2.0)
    new = Result("sqs.three", Outcome.AS_AWS, "", 1.0)
    assert expected.unexpected(outcomes, [ONE, TWO]) == []
    assert expected.unexpected(outcomes, [ONE, changed, new]) == ["sqs.two", "sqs.three"]
