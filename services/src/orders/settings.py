"""Settings: a service's environment variables, typed and checked at start.

A service declares a frozen msgspec struct; each field is the variable of the same name in capitals, its type holds the
limits, and the type's description says what is allowed, in the words of the message that a bad value gets.
"""

import sys
from collections.abc import Mapping
from typing import Annotated, Literal, NoReturn

import msgspec
from msgspec import Meta, structs

Port = Annotated[int, Meta(ge=1, le=65535, description="a whole number from 1 to 65535")]
Region = Annotated[str, Meta(pattern=r"^[a-z]{2,}(-[a-z0-9]+)+$", description="a region's name, like us-west-2")]
Seconds = Annotated[float, Meta(ge=0, le=3600, description="a number of seconds from 0 to 3600")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], Meta(description="one of debug, info, warning, error")
]


class SettingsError(ValueError):
    """At least one variable is missing or bad; the text is one line that names each, its value and what is allowed."""


def read[T: msgspec.Struct](declared: type[T], variables: Mapping[str, str]) -> T:
    """Read `declared` from environment variables; raise `SettingsError` for all bad ones together."""
    values: dict[str, object] = {}
    problems: list[str] = []
    for field in structs.fields(declared):
        name = field.name.upper()
        value = variables.get(name)
        if value is None and not field.required:
            continue
        try:
            values[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError:
            found = "is missing" if value is None else f"is {value!r}"
            problems.append(f"{name} {found}, must be {_allowed(field.type)}")
    if problems:
        raise SettingsError("; ".join(problems))
    return declared(**values)


def read_or_exit[T: msgspec.Struct](declared: type[T], variables: Mapping[str, str]) -> T:
    """Read `declared`, or end the process with one line on stderr and status 2."""
    try:
        return read(declared, variables)
    except SettingsError as error:
        _exit(f"bad settings: {error}")


def _allowed(annotation: object) -> str:
    return next(meta.description for meta in annotation.__metadata__ if meta.description)  # type: ignore[attr-defined, no-any-return]  # every setting's type is Annotated


def _exit(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    sys.exit(2)
