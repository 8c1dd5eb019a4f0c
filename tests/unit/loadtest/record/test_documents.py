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


@pytest.mark.parametrize("name", ["a.json", "a.yml"])
@pytest.mark.parametrize("depth", [60, 900, 100_000])
def test_a_document_that_is_nested_too_deeply_is_an_error(tmp_path: "Path", name: str, depth: int) -> None:
    (tmp_path / name).write_text('{"inner": ' + "[" * depth + "]" * depth + "}")
    with pytest.raises(LoadTestError, match=r"is nested more than 50 deep$") as refusal:
        read_document(tmp_path / name, Outer)
    assert "\n" not in str(refusal.value)


def test_a_document_that_is_too_large_is_an_error(tmp_path: "Path") -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(2 * 1024**3)
    with pytest.raises(LoadTestError, match=r"a\.json: has 2,048 MiB, at most 16 MiB are read"):
        read_document(tmp_path / "a.json", Outer)


def test_aliases_of_aliases_are_not_read(tmp_path: "Path") -> None:
    levels = [f"l{number}: &l{number} [{', '.join([f'*l{number - 1}'] * 9)}]" for number in range(1, 30)]
    (tmp_path / "a.yml").write_text("\n".join(["l0: &l0 [x]", *levels, "inner: {size: *l29}"]))
    with pytest.raises(LoadTestError, match=r"a\.yml: aliases are not read"):
        read_document(tmp_path / "a.yml", Outer)


def test_text_is_made_printable(tmp_path: "Path") -> None:
    (tmp_path / "a.json").write_text('{"a\\u001b": ["b\\n# c", {"d": "\\u202e"}]}')
    assert read_document(tmp_path / "a.json", dict) == {"a\\x1b": ["b # c", {"d": "\\u202e"}]}


def test_a_long_value_is_quoted_in_part(tmp_path: "Path") -> None:
    (tmp_path / "a.json").write_text('{"inner": {"size": "' + "x" * 1_000_000 + '"}}')
    with pytest.raises(LoadTestError) as refusal:
        read_document(tmp_path / "a.json", Outer)
    assert len(str(refusal.value)) < 500
