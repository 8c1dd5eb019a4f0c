"""The tables of the bench, in Markdown."""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.bench.measurements import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

NOT_MEASURED = "-"
# Roles that take less in every step are left out.
SHOWN_SECONDS = 0.5


def seconds(values: Sequence[float | None]) -> str:
    """Format the median of some durations, and their range if there are several: ``8.4 (8.1-9.0)``."""
    return spread([value for value in values if value is not None], _seconds)


def spread(values: Sequence[float], write: Callable[[float], str]) -> str:
    """Format the median of some values, and their range if there are several."""
    if not values:
        return NOT_MEASURED
    shown = [write(value) for value in (median(values), min(values), max(values))]
    return shown[0] if len(values) == 1 else f"{shown[0]} ({shown[1]}-{shown[2]})"


def _seconds(value: float) -> str:
    return f"{value:.0f}" if value >= 99.5 else f"{value:.1f}"  # three digits


def document(name: str, part: dict[str, Any]) -> str:
    """Return the tables of a part: what each step took, and its split by role."""
    systems = part["systems"]
    sections = [
        f"Seconds: {environment(part)}",
        *part["notes"],
        "\n".join(f"- **{system['name']}**: {system['title']}" for system in systems),
        _durations(name, systems),
        *(_roles(name, system) for system in systems),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def environment(part: dict[str, Any]) -> str:
    """Return how often, when and where the figures of a part were measured."""
    rounds = f"{part['rounds']} round{'' if part['rounds'] == 1 else 's'}"
    facts = ", ".join(f"{name} {value}" for name, value in part["environment"].items())
    return f"median (minimum-maximum) of {rounds}, measured on {part['date']}. {facts}."


def _durations(name: str, systems: list[dict[str, Any]]) -> str:
    goals = any(step.goal is not None for step in STEPS[name].values())
    rows = []
    for key, step in STEPS[name].items():
        goal = [NOT_MEASURED if step.goal is None else f"<= {step.goal:g}"] if goals else []
        rows.append([step.title, *goal, *(seconds(_values(system, key, "seconds")) for system in systems)])
        if key == "edit":
            waits = [seconds(_values(system, key, "wait_seconds")) for system in systems]
            rows.append(["... of which waiting for ECS to replace the tasks", *([""] if goals else []), *waits])
        calls = [_calls(system, key) for system in systems]
        if any(calls):
            rows.append(["... calls of AWS", *([""] if goals else []), *calls])
    return table(["", *(["goal"] if goals else []), *(system["name"] for system in systems)], rows)


def _values(system: dict[str, Any], step: str, name: str) -> list[float | None]:
    return [measurement[name] for measurement in system["figures"].get(step, [])]


def _calls(system: dict[str, Any], step: str) -> str:
    totals = [sum(measurement["calls"].values()) for measurement in system["figures"].get(step, [])]
    return f"{median(totals):.0f}" if any(totals) else ""


def _roles(name: str, system: dict[str, Any]) -> str:
    """Return the table of the roles, the longest first; "" for a system that has none."""
    steps = [step for step, measured in system["figures"].items() if any(each["roles"] for each in measured)]
    medians = {
        step: {
            role: median(each["roles"].get(role, 0) for each in system["figures"][step])
            for role in _names(system["figures"][step])
        }
        for step in steps
    }
    longest = {
        role: max(each.get(role, 0) for each in medians.values())
        for role in {role for each in medians.values() for role in each}
    }
    rows = [
        [role, *(_seconds(medians[step][role]) if role in medians[step] else NOT_MEASURED for step in steps)]
        for role, most in sorted(longest.items(), key=lambda each: (-each[1], each[0]))
        if most >= SHOWN_SECONDS
    ]
    if not rows:
        return ""
    heading = f"Split by role, {system['name']}: medians; roles that run side by side add up to more than the whole."
    return f"{heading}\n\n{table(['role', *(STEPS[name][step].title for step in steps)], rows)}"


def _names(measurements: Iterable[dict[str, Any]]) -> set[str]:
    return {role for measurement in measurements for role in measurement["roles"]}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def update(page: str, mark: str, text: str) -> str:
    """Replace what a page has between a mark, such as "bench-deployment local", and the next end."""
    pattern = re.compile(f"(<!-- {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
    updated, found = pattern.subn(lambda marks: f"{marks[1]}\n{text}\n{marks[2]}", page)
    if found != 1:
        message = f"The page needs one block for the figures: <!-- {mark} --> ... <!-- end -->"
        raise ValueError(message)
    return updated
