"""How the environment of a run behaves beside AWS: the results of `make probe`, copied into the run directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from loadtest.record.documents import read_document

if TYPE_CHECKING:
    from loadtest.record.run_directory import RunDirectory


class Behaviour(Struct, frozen=True):
    """A behaviour of AWS, and what the environment did."""

    name: str
    behaviour: str
    """What AWS does."""
    used_by: str
    """The part of the system that relies on it; empty if none does."""
    outcome: Literal["as AWS", "differs", "not offered", "not shown"]
    seen: str
    """What was seen, if it is not as AWS."""


class _Results(Struct, frozen=True):
    results: Annotated[list[Behaviour], Meta(max_length=5000)]


def read_behaviours(run_directory: RunDirectory) -> list[Behaviour] | None:
    """Return the behaviours that were probed in the environment of a run, or None if none were.

    Raises FileError when the file is damaged.
    """
    if not run_directory.probes.exists():
        return None
    return read_document(run_directory.probes, _Results).results
