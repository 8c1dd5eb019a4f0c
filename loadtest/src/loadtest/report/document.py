"""The parts of a rendered report, independent of its format (HTML or Markdown). All text is plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from loadtest.report.charts.canvas import Canvas

Level = Literal["good", "caution", "bad", "plain"]


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
    """A chart, and a table with the same data, which is collapsed at first."""

    slug: str
    title: str
    description: str
    """The text alternative for screen readers."""
    draw: Callable[[Canvas], None]
    table: Table
    half: bool = False
    """Whether it takes half of a wide page, beside another block."""


class Card(Struct, frozen=True):
    """One of the answers to a question, such as whether the figures can be trusted."""

    heading: str
    level: Level
    items: list[str]


class Cards(Struct, frozen=True):
    """Cards side by side, one above the other on a narrow page."""

    cards: list[Card]


class Beside(Struct, frozen=True):
    """Blocks on the left and on the right of a wide page, one below the other on a narrow one."""

    left: list[Table | Chart]
    right: list[Table | Chart]

    @property
    def blocks(self) -> list[Table | Chart]:
        """All of them, in order."""
        return [*self.left, *self.right]


class Fold(Struct, frozen=True):
    """Blocks under a heading that opens and closes them."""

    heading: str
    blocks: Sequence[Text | Notice | Items | Table | Chart]
    opened: bool = False


Block = Text | Notice | Items | Table | Chart | Cards | Beside | Fold


class Section(Struct, frozen=True):
    """A heading and the blocks below it."""

    heading: str
    blocks: list[Block]
