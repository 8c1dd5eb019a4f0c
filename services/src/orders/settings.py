"""Read a service's settings from environment variables, and validate them when it starts.

A service declares a frozen msgspec struct. Each field is the environment variable of the same name in upper case. Its
type is annotated with the limits and a description of them, which the error message for an invalid value quotes.
"""

import sys
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, structs


def between(low: int, high: int, what: str = "a whole number") -> Meta:
    """Return the limits of a number, and their description: `what` from `low` to `high`, both included."""
    return Meta(ge=low, le=high, description=f"{what} from {low} to {high}")


Port = Annotated[int, between(1, 65535)]
Region = Annotated[str, Meta(pattern=r"^[a-z]{2,}(-[a-z0-9]+)+$", description="a region's name, like us-west-2")]
Seconds = Annotated[float, between(0, 3600, "a number of seconds")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], Meta(description="one of debug, info, warning, error")
]


class SettingsError(ValueError):
    """Variables are missing or invalid. The message is one line that names each, its value and what is allowed."""


def read[T: msgspec.Struct](settings_type: type[T], environment: Mapping[str, str]) -> T:
    """Read the settings. Raises one `SettingsError` for all variables that are missing or invalid."""
    values: dict[str, object] = {}
    problems: list[str] = []
    for field in structs.fields(settings_type):
        name = field.name.upper()
        value = environment.get(name)
        if value is None and not field.required:
            continue
        try:
            values[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError:
            found = "is missing" if value is None else f"is {value!r}"
            problems.append(f"{name} {found}, must be {_allowed(field.type)}")
    if problems:
        raise SettingsError("; ".join(problems))
    return settings_type(**values)


def read_or_exit[T: msgspec.Struct](settings_type: type[T], environment: Mapping[str, str]) -> T:
    """Read the settings. On a `SettingsError`, write it to stderr and exit with status 2."""
    try:
        return read(settings_type, environment)
    except SettingsError as error:
        sys.stderr.write(f"invalid settings: {error}\n")
        sys.exit(2)


def _allowed(annotation: object) -> str:
    return next(meta.description for meta in annotation.__metadata__ if meta.description)  # type: ignore[attr-defined, no-any-return]  # every setting's type is Annotated
