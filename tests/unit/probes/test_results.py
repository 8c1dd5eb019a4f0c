"""Results on disk, and those that are expected."""

from __future__ import annotations

import re
from pathlib import Path

from probes import results
from probes.catalogue import all_probes
from probes.expected import unexpected
from probes.probe import Outcome
from probes.results import Result, Results
from probes.table import TRACKERS, emulator, render

ROOT = Path(__file__).parents[3]


def _results(*found: Result) -> Results:
    return Results("moto", "2026-11-29T05:00:00+00:00", 61.5, {"moto": {"release": "5.2.5"}}, 2.0, list(found))


def _result(name: str, outcome: Outcome, seen: str = "", used_by: str = "") -> Result:
    return Result(name, f"{name} behaves.", ("https://docs.aws.amazon.com/sqs",), used_by, outcome, seen, 1.5)


ONE = _result("sqs.one", Outcome.AS_AWS)
TWO = _result("sqs.two", Outcome.DIFFERS, "seen")


def test_results_can_be_read_again(tmp_path: Path) -> None:
    written = _results(ONE, TWO)
    written.write(tmp_path / "moto" / "probes.json")
    assert results.read(tmp_path / "moto" / "probes.json") == written


def test_a_probe_that_was_repeated_has_its_last_result() -> None:
    again = _result("sqs.two", Outcome.AS_AWS)
    merged = _results(ONE, TWO).replaced_by(_results(again))
    assert merged.results == [ONE, again]
    assert merged.seconds == 123.0


def test_what_is_not_as_expected() -> None:
    changed = _result("sqs.two", Outcome.NOT_SHOWN, "why")
    new = _result("sqs.three", Outcome.AS_AWS)
    assert unexpected(_results(ONE, TWO), _results(ONE, TWO)) == []
    assert unexpected(_results(ONE, TWO), _results(ONE, changed, new)) == ["sqs.two", "sqs.three"]
    assert unexpected(_results(ONE, changed), _results(ONE, TWO)) == []


def test_the_committed_table_is_that_of_the_expected_results() -> None:
    files = sorted((ROOT / "probes" / "expected").glob("*.json"))
    assert [file.stem for file in files] == sorted(
        file.stem for file in (ROOT / "probes" / "environments").glob("*.yml")
    )
    committed = (ROOT / "docs" / "findings" / "probes.md").read_text(encoding="utf-8")
    assert committed == render([results.read(file) for file in files])


def test_the_expected_results_are_of_all_probes() -> None:
    names = [each.name for each in all_probes()]
    for file in (ROOT / "probes" / "expected").glob("*.json"):
        assert [result.name for result in results.read(file).results] == names


def test_the_table_has_counts_and_what_was_seen() -> None:
    other = _results(
        ONE, _result("sqs.two", Outcome.NOT_OFFERED, "a | b"), _result("sns.three", Outcome.AS_AWS, used_by="x.py")
    )
    table = render([_results(ONE, TWO), other])
    assert "| 1 | 1 | 0 | 0 | moto | moto 5.2.5 |" in table
    assert "(https://docs.aws.amazon.com/sqs) |  | **differs**: seen | **not offered**: a \\| b |" in table
    assert "| sns.three behaves. [Source](https://docs.aws.amazon.com/sqs) | `x.py` | not probed |  |" in table
    assert table.index("## SNS") < table.index("## SQS")


def test_what_differs_has_links_to_its_issues() -> None:
    name, (issue, *_) = next(iter(TRACKERS["moto"].items()))
    number = issue.removeprefix("getmoto/moto#")
    link = f"[#{number}](https://github.com/getmoto/moto/issues/{number})"
    assert f"**differs**: seen ({link}" in render([_results(_result(name, Outcome.DIFFERS, "seen"))])
    assert link not in render([_results(_result(name, Outcome.NOT_OFFERED, "seen"))])


def test_issues_are_of_what_differs() -> None:
    expected = [results.read(file) for file in (ROOT / "probes" / "expected").glob("*.json")]
    assert TRACKERS.keys() <= {emulator(each) for each in expected}
    for name, issues in TRACKERS.items():
        found = [result for each in expected if emulator(each) == name for result in each.results]
        assert issues.keys() <= {result.name for result in found if result.outcome == Outcome.DIFFERS}
    for issue in (issue for own in TRACKERS.values() for issues in own.values() for issue in issues):
        assert re.fullmatch(r"[\w-]+/[\w-]+#[1-9]\d*", issue)


def test_each_correction_of_ministack_is_shown_by_its_probes() -> None:
    names = {each.name for each in all_probes() if each.used_by == "roles/emulator/files/correct_ministack.py"}

    def outcomes(environment: str) -> set[Outcome]:
        found = results.read(ROOT / "probes" / "expected" / f"{environment}.json").by_name()
        return {found[name].outcome for name in names}

    assert len(names) >= 10
    assert outcomes("ministack-alone") == {Outcome.AS_AWS}
    assert outcomes("ministack-as-released") == {Outcome.DIFFERS}
