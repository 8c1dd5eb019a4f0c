"""Read YAML and JSON documents into types; an error names the field, its value, and what is allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from loadtest.errors import LoadTestError

if TYPE_CHECKING:
    from pathlib import Path

_FIELD = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")


def read_document[T](path: Path, kind: type[T]) -> T:
    """Read `path`, YAML or JSON by its suffix, as a `kind`.

    Raises LoadTestError when the file is missing or unreadable, and for the first invalid value.
    """
    try:
        content = path.read_bytes()
        document = msgspec.yaml.decode(content) if path.suffix == ".yml" else msgspec.json.decode(content)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise LoadTestError(message) from error
    except msgspec.DecodeError as error:
        message = f"{path}: {' '.join(str(error).split())}"
        raise LoadTestError(message) from error
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        message = f"{path}: {explain(error, document)}"
        raise LoadTestError(message) from error


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
    return f"{field} is {_value(document, field)!r}: {allowed}"


def _value(document: Any, field: str) -> object:  # noqa: ANN401  # any document that YAML or JSON can express
    for key in field.split("."):
        document = document[key]
    return document
