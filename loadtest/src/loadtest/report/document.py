"""What a report consists of, before anybody knows whether it becomes HTML or Markdown. All text is plain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from loadtest.report.charts.canvas import Canvas


class Text(Struct, frozen=True):
    """A paragraph."""

    text: str


class Notice(Struct, frozen=True):
    """A paragraph that must not be overlooked."""

    level: Literal["good", "caution", "bad"]
    text: str


class Items(Struct, frozen=True):
    """A list of sentences."""

    items: list[str]


class Table(Struct, frozen=True):
    """A table; the first cell of each row is its heading."""

    caption: str
    header: list[str]
    rows: list[list[str]]
    folded: bool = False
    """Whether it is long, and first shown folded."""


class Chart(Struct, frozen=True):
    """A chart, and the table that says the same."""

    slug: str
    title: str
    description: str
    """What is to be seen, for whoever does not see it."""
    draw: Callable[[Canvas], None]
    table: Table


Block = Text | Notice | Items | Table | Chart


class Section(Struct, frozen=True):
    """A heading and what stands under it."""

    heading: str
    blocks: list[Block]
