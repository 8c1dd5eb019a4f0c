"""Render a report as Markdown; a chart becomes its title and its table."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from loadtest.report.document import Chart, Items, Notice, Table, Text
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.document import Block, Section

_LEVELS = {"good": "✓", "caution": "⚠", "bad": "✗"}


def render(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Return the whole Markdown file."""
    parts = [f"# {_escape(title)}", _paragraph(subtitle)]
    for section in sections:
        parts.append(f"## {_escape(section.heading)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Text():
            return _paragraph(block.text)
        case Notice():
            return f"> {_LEVELS[block.level]} {_escape(block.text)}"
        case Items():
            return "\n".join(f"- {_paragraph(item)}" for item in block.items)
        case Table():
            return _table(block)
        case Chart():
            return f"**{_escape(block.title)}**\n\n{_table(block.table)}"


def _table(table: Table) -> str:
    cells = [[_escape(cell) for cell in row] for row in (table.header, *table.rows)]
    header, *rows = [f"| {' | '.join(row)} |" for row in cells]
    lines = [header, "| " + " | ".join("---" for _ in table.header) + " |", *rows]
    if table.folded:
        summary = f"<summary>{escape(printable(table.caption))}</summary>"
        return "\n".join(["<details>", summary, "", *lines, "", "</details>"])
    return "\n".join([f"{_escape(table.caption)}:", "", *lines])


def _paragraph(text: str) -> str:
    """Escape a text that begins a line, where `#`, `-`, `+`, `=` and numbers begin blocks."""
    return re.sub(r"^(\d*)([#+=-]|(?<=\d)[.)])", r"\1\\\2", _escape(text))


def _escape(text: str) -> str:
    return re.sub(r"([\\|*_<>`\[\]~]|&(?=#?\w+;))", r"\\\1", printable(text).strip())
