"""Render a report as Markdown; a chart becomes its title and its table."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from loadtest.report.document import Beside, Cards, Chart, Fold, Items, Notice, Table, Text
from loadtest.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.document import Block, Card, Section

_LEVELS = {"good": "✓", "caution": "⚠", "bad": "✗", "plain": ""}


def render(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Return the whole Markdown file."""
    parts = [f"# {_escape(title)}", _paragraph(subtitle)]
    for section in sections:
        parts.append(f"## {_escape(section.heading)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def comment(title: str, blocks: Sequence[Block]) -> str:
    """Return a comment, such as one on a pull request: its headings are those of a part of a page."""
    return "\n\n".join([f"### {_escape(title)}", *map(_block, blocks)]) + "\n"


def _block(block: Block) -> str:  # noqa: PLR0911  # one for each kind
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
        case Cards():
            return "\n\n".join(map(_card, block.cards))
        case Beside():
            return "\n\n".join(map(_block, block.blocks))
        case Fold():
            inner = "\n\n".join(map(_block, block.blocks))
            return f"### {_escape(block.heading)}\n\n{inner}"


def _card(card: Card) -> str:
    heading = f"{_LEVELS[card.level]} {card.heading}".strip()
    return "\n".join([f"**{_escape(heading)}**", "", *(f"- {_paragraph(item)}" for item in card.items)])


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
