from typing import TYPE_CHECKING, Annotated

import pytest
from msgspec import Meta, Struct

from loadtest.errors import LoadTestError
from loadtest.record.documents import read_document

if TYPE_CHECKING:
    from pathlib import Path


class Inner(Struct, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=1)]


class Outer(Struct, forbid_unknown_fields=True):
    inner: Inner


def test_reads_yaml_and_json_alike(tmp_path: "Path") -> None:
    for name, text in (("a.yml", "inner: {size: 3}"), ("a.json", '{"inner": {"size": 3}}')):
        (tmp_path / name).write_text(text)
        assert read_document(tmp_path / name, Outer) == Outer(Inner(3))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("inner: {size: 0}", "inner.size is 0: Expected `int` >= 1"),
        ("inner: {size: big}", "inner.size is 'big': Expected `int`, got `str`"),
        ("inner: {size: 1, colour: red}", "inner: Object contains unknown field `colour`"),
        ("inner: {}", "inner: Object missing required field `size`"),
        ("outer: 1", "Object contains unknown field `outer`"),
        ("", "Expected `object`, got `null`"),
        ("inner: [", "while parsing a flow node"),
    ],
)
def test_names_file_field_value_and_what_is_allowed(tmp_path: "Path", text: str, reason: str) -> None:
    path = tmp_path / "a.yml"
    path.write_text(text)
    with pytest.raises(LoadTestError) as refusal:
        read_document(path, Outer)
    assert str(refusal.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: "Path") -> None:
    with pytest.raises(LoadTestError, match=r"gone\.json: No such file"):
        read_document(tmp_path / "gone.json", Outer)
