"""The parts of a rendered report, independent of its format (HTML or Markdown). All text is plain text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from loadtest.report.charts.canvas import Canvas


class Text(Struct, frozen=True):
    """A paragraph."""

    text: str


class Notice(Struct, frozen=True):
    """A highlighted paragraph."""

    level: Literal["good", "caution", "bad"]
    text: str


class Items(Struct, frozen=True):
    """A bulleted list."""

    items: list[str]


class Table(Struct, frozen=True):
    """A table; the first cell of each row is its heading."""

    caption: str
    header: list[str]
    rows: list[list[str]]
    folded: bool = False
    """Whether it is collapsed at first, as it is long."""


class Chart(Struct, frozen=True):
    """A chart, and a table with the same data."""

    slug: str
    title: str
    description: str
    """The text alternative for screen readers."""
    draw: Callable[[Canvas], None]
    table: Table


Block = Text | Notice | Items | Table | Chart


class Section(Struct, frozen=True):
    """A heading and the blocks below it."""

    heading: str
    blocks: list[Block]
