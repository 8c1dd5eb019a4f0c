"""Parity of the environments: which resources are the same, which differ, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from loadtest.record.documents import printable_document
from loadtest.report.measured_run import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loadtest.report.measured_run import Resource

Why = Literal["endpoint", "scale", "setting", "not offered by this emulator", "not deployed"]

Value = str | int | float | bool | None

# URLs, ARNs, host names with a port or a known domain, IP addresses, account IDs, and IDs such as vpc-0a1b2c3d.
_ENDPOINT = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|arn:|localhost)\S*|[\w.-]+\.(?:com\.cn|com|eu|cloud|localhost|internal)(?:[:/]\S*)?"
    r"|[\w.-]+:\d+(?:/\S*)?|\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?|\d{12}|[a-z]+-[0-9a-f]{8,17}"
)


class Difference(Struct, frozen=True):
    """An attribute, a resource or a kind of resource that differs between environments."""

    kind: str
    name: str | None
    """Of the resource; None for a whole kind."""
    attribute: str | None
    """None for a whole resource or kind."""
    values: dict[str, Value]
    """By environment. For a resource, whether it exists; for a kind, the number of resources."""
    why: Why


class Kind(Struct, frozen=True):
    """A kind of resource."""

    kind: str
    counts: dict[str, int]
    """By environment."""
    same: bool
    """Whether all environments have the same resources with the same attributes."""


class Parity(Struct, frozen=True):
    """The resources of the environments side by side."""

    environments: list[str]
    """Those with recorded resources."""
    kinds: list[Kind]
    differences: list[Difference]


def compare_resources(resources: Mapping[str, Sequence[Resource]], emulated: Mapping[str, bool]) -> Parity:
    """Compare environments by their resources; `emulated` is true for those on emulators."""
    kinds, differences = [], []
    for kind in sorted({resource.kind for own in resources.values() for resource in own}):
        named = {
            environment: {resource.name: _spread(resource) for resource in own if resource.kind == kind}
            for environment, own in resources.items()
        }
        found = _missing_kind(kind, named, emulated) or _differences(kind, named, emulated)
        kinds.append(Kind(kind, {environment: len(own) for environment, own in named.items()}, same=not found))
        differences += found
    return Parity(list(resources), kinds, differences)


def explain(values: Mapping[str, Value], emulated: Mapping[str, bool]) -> Why:
    """Return why an attribute differs, judging by its values and by the environments that lack it."""
    missing = [environment for environment, value in values.items() if value is None]
    if missing:
        return "not offered by this emulator" if all(emulated[each] for each in missing) else "setting"
    if all(_ENDPOINT.fullmatch(str(value)) for value in values.values()):
        return "endpoint"
    return "scale" if all(_is_number(value) for value in values.values()) else "setting"


def _spread(resource: Resource) -> dict[str, Value]:
    """Return the attributes; JSON texts are flattened into one attribute per value."""
    found: dict[str, Value] = {}
    for attribute, value in resource.attributes.items():
        try:
            document = (
                printable_document(msgspec.json.decode(value))
                if isinstance(value, str) and value[:1] in {"{", "["}
                else value
            )
        except (msgspec.DecodeError, ValueError, RecursionError):
            document = value
        found |= leaves(document, attribute)
    return found


def _missing_kind(
    kind: str, named: Mapping[str, Mapping[str, object]], emulated: Mapping[str, bool]
) -> list[Difference]:
    missing = [environment for environment, own in named.items() if not own]
    if not missing:
        return []
    counts: dict[str, Value] = {environment: len(own) for environment, own in named.items()}
    offered = not all(emulated[environment] for environment in missing)
    return [Difference(kind, None, None, counts, "not deployed" if offered else "not offered by this emulator")]


def _differences(
    kind: str, named: Mapping[str, Mapping[str, Mapping[str, Value]]], emulated: Mapping[str, bool]
) -> list[Difference]:
    found = []
    for name in sorted({name for own in named.values() for name in own}):
        there: dict[str, Value] = {environment: name in own for environment, own in named.items()}
        if not all(there.values()):
            found.append(Difference(kind, name, None, there, "not deployed"))
            continue
        for attribute in sorted({attribute for own in named.values() for attribute in own[name]}):
            values = {environment: own[name].get(attribute) for environment, own in named.items()}
            if len({str(value) for value in values.values()}) > 1:
                found.append(Difference(kind, name, attribute, values, explain(values, emulated)))
    return found


def _is_number(value: Value) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
