from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.errors import LoadTestError
from loadtest.record.rows import LedgerEntry, MemorySample, Request, RowWriter, read_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    Request(1_700_000_000.123456, 21.4375, 202, "a", ""),
    Request(1_700_000_000.5, 3.0, 503, "", 'status 503: "full", come\nback', 1_700_000_000.25),
]
HEADER = "started_at,response_ms,status,order_id,error,due_at\n"
OLD_HEADER = "started_at,response_ms,status,order_id,error\n"


def test_what_is_written_is_read_unchanged(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", Request, ROWS)
    assert read_rows(tmp_path / "a.csv", Request) == ROWS


def test_a_row_is_in_the_file_before_the_writer_closes(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "a.csv", Request) as writer:
        writer.write(ROWS[0])
        assert read_rows(tmp_path / "a.csv", Request) == ROWS[:1]


def test_a_file_without_the_fields_of_later_versions_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(OLD_HEADER + "1.0,2.0,202,a,\n")
    assert read_rows(tmp_path / "a.csv", Request) == [Request(1.0, 2.0, 202, "a", "", None)]


def test_none_becomes_an_empty_field(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", LedgerEntry, [LedgerEntry("a", 1.5, None, 0, None)])
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "a,1.5,,0,"


def test_a_request_ends_when_its_answer_is_complete() -> None:
    assert Request(100.0, 250.0, 202, "a", "").ended_at == 100.25


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends in the middle of a line"),
        (HEADER + "1.0,2.0,202,a,,\n1.0,2.0,20", "ends in the middle of a line"),
        ('"\n', "line 1: 6 fields expected"),
        (HEADER + "1.0,2.0\n", "line 2: 6 fields expected"),
        (HEADER + "1.0,2.0,202,a,,,\n", "line 2: 6 fields expected"),
        (OLD_HEADER + "1.0,2.0,202,a,,\n", "line 2: 5 fields expected"),
        (HEADER + "1.0,2.0,202,a,,\nnan,2.0,202,a,,\n", "line 3: started_at is 'nan'"),
        (HEADER + "inf,2.0,202,a,,\n", "line 2: started_at is 'inf'"),
        (HEADER + ",2.0,202,a,,\n", "line 2: started_at is ''"),
        (HEADER + "1.0,-2.0,202,a,,\n", "line 2: response_ms is '-2.0': Expected `float` >= 0.0"),
        (HEADER + "1.0,2.0,ok,a,,\n", "line 2: status is 'ok': Expected `int`"),
        (HEADER + "1.0,2.0,202,a,,soon\n", "line 2: due_at is 'soon'"),
        ("time,users\n1.0,2\n", "the header is time,users, not started_at,response_ms,"),
    ],
)
def test_a_damaged_file_is_an_error_with_line_and_field(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(LoadTestError) as refusal:
        read_rows(path, Request)
    assert str(refusal.value).startswith(f"{path}: {reason}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadTestError, match=r"gone\.csv: No such file"):
        read_rows(tmp_path / "gone.csv", Request)


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(2 * 1024**3)
    with pytest.raises(LoadTestError, match=r"a\.csv: has 2,048 MiB, at most 512 MiB are read"):
        read_rows(tmp_path / "a.csv", Request)


def test_too_many_rows_are_an_error(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", Request, ROWS)
    assert read_rows(tmp_path / "a.csv", Request, most=2) == ROWS
    with pytest.raises(LoadTestError, match=r"a\.csv: has more than 1 rows"):
        read_rows(tmp_path / "a.csv", Request, most=1)


def test_a_line_that_is_too_long_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + "1.0,2.0,202,a,,1" + "0" * 100_000 + "\n")
    with pytest.raises(LoadTestError, match=r"a\.csv: has a line that is too long"):
        read_rows(tmp_path / "a.csv", Request)


@pytest.mark.parametrize("service", ["", "a\x1b[2J", "a b", "<api>", "x" * 256])
def test_a_service_has_a_name(tmp_path: Path, service: str) -> None:
    write_rows(tmp_path / "a.csv", MemorySample, [MemorySample(1.0, service, "stream", 1.0)])
    with pytest.raises(LoadTestError, match="line 2: service is ") as refusal:
        read_rows(tmp_path / "a.csv", MemorySample)
    assert str(refusal.value).isprintable()
