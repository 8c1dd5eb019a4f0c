"""Read YAML and JSON documents into types; an error names the field, its value, and what is allowed.

All text in a document is made printable, as it is shown on terminals and in reports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from loadtest.errors import FileError
from loadtest.record.files import open_regular
from loadtest.text import printable

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 16 * 1024 * 1024
"""Of a document."""

_MOST_YAML_BYTES = 1024 * 1024
"""YAML takes a hundred times as long to read as JSON."""

_DEEPEST = 50
_TOO_DEEP = f"is nested more than {_DEEPEST} deep"
_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")

_QUOTED = 200


def read_document[T](path: Path, kind: type[T]) -> T:
    """Read `path`, YAML or JSON by its suffix, as a `kind`.

    Raises FileError when the file is missing, unreadable or too large, and for the first invalid value.
    """
    content = read_bytes(path)
    try:
        document = printable_document(_yaml(content) if path.suffix == ".yml" else msgspec.json.decode(content))
    except (msgspec.DecodeError, ValueError) as error:
        raise FileError(path, " ".join(str(error).split())) from error
    except RecursionError as error:
        raise FileError(path, _TOO_DEEP) from error
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise FileError(path, explain(error, document)) from error


def read_bytes(path: Path) -> bytes:
    """Return the content of a document; raises FileError when it is missing, unreadable or too large."""
    most = _MOST_YAML_BYTES if path.suffix == ".yml" else MOST_BYTES
    with open_regular(path, most) as file:
        return file.read(most)


def printable_document(document: Any, depth: int = 0) -> Any:  # noqa: ANN401  # any document that YAML or JSON can express
    """Return a document with all its text made printable; raises ValueError when it is nested more than 50 deep."""
    if depth > _DEEPEST:
        raise ValueError(_TOO_DEEP)
    if isinstance(document, str):
        return printable(document)
    if isinstance(document, list):
        return [printable_document(value, depth + 1) for value in document]
    if isinstance(document, dict):
        return {
            printable_document(key, depth + 1): printable_document(value, depth + 1) for key, value in document.items()
        }
    return document


def explain(error: msgspec.ValidationError, document: object) -> str:
    """Return the error's text, with the field of `document` first and its value where there is one."""
    text = str(error)
    where = _FIELD.search(text)
    if where is None:
        return text
    field, allowed = where["field"], text[: where.start()]
    # An unknown or missing field has no value; inside lists and maps the error does not tell which one it is.
    if allowed.startswith("Object ") or "[" in field:
        return f"{field}: {allowed}"
    return f"{field} is {repr(_value(document, field))[:_QUOTED]}: {allowed}"


def _yaml(content: bytes) -> object:
    try:
        reason = _refuse_yaml(content)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if reason:
        raise ValueError(reason)
    return msgspec.yaml.decode(content)


def _refuse_yaml(content: bytes) -> str | None:
    """Return why a YAML document is not read: a few aliases of aliases stand for more values than memory can hold."""
    depth = 0
    for event in yaml.parse(content, yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            return "aliases are not read"
        if depth > _DEEPEST:
            return _TOO_DEEP
    return None


def _value(document: Any, field: str) -> object:  # noqa: ANN401  # any document that YAML or JSON can express
    for key in field.split("."):
        document = document[key]
    return document
