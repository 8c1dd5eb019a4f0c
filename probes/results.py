"""The results of an environment, as a JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from probes.probe import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one probe. The first four are the probe's own."""

    name: str
    behaviour: str
    sources: tuple[str, ...]
    used_by: str
    outcome: Outcome
    seen: str
    """What was seen if it differs, the error if it is not offered, why it is not shown; else empty."""
    seconds: float


@dataclass(slots=True)
class Results:
    """What became of all probes of an environment."""

    environment: str
    began_at: str
    """In UTC, as ISO 8601 has it."""
    seconds: float
    versions: Mapping[str, Any]
    """Of what was probed: the image of each emulator, by name."""
    settle_seconds: float
    results: list[Result]
    left: list[str] = field(default_factory=list)
    """What could not be removed."""

    def by_name(self) -> dict[str, Result]:
        """Return the results by the names of their probes."""
        return {result.name: result for result in self.results}

    def replaced_by(self, again: Results) -> Results:
        """Return these results, with those of probes that were run `again`."""
        merged = sorted({**self.by_name(), **again.by_name()}.values(), key=lambda result: result.name)
        return replace(
            self, results=merged, left=self.left + again.left, seconds=round(self.seconds + again.seconds, 1)
        )

    def count(self, outcome: Outcome) -> int:
        """Return how many probes had this outcome."""
        return sum(result.outcome == outcome for result in self.results)

    def write(self, file: Path) -> None:
        """Write the document."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(file: Path) -> Results:
    """Read a document that `Results.write` wrote."""
    document = json.loads(file.read_text(encoding="utf-8"))
    results = [
        Result(**{**each, "outcome": Outcome(each["outcome"]), "sources": tuple(each["sources"])})
        for each in document.pop("results")
    ]
    return Results(**document, results=results)
