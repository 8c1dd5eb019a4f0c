"""YAML and JSON documents, read into types: what does not fit is refused with field, value and what is allowed."""

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

    Raises LoadTestError when the file is missing or unreadable, and for the first value that does not fit.
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
    """Say which field of `document` the error is about and, where there is one, which value it holds."""
    text = str(error)
    where = _FIELD.search(text)
    if where is None:
        return text
    field, allowed = where["field"], text[: where.start()]
    # No value is shown for a field too many or too few, and inside lists and maps, where the place says enough.
    if allowed.startswith("Object ") or "[" in field:
        return f"{field}: {allowed}"
    return f"{field} is {_value(document, field)!r}: {allowed}"


def _value(document: Any, field: str) -> object:  # noqa: ANN401  # any document that YAML or JSON can express
    for key in field.split("."):
        document = document[key]
    return document
