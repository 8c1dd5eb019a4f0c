"""Render a report as a self-contained HTML page: no web font, no external resource.

It is whole without its script, which shows values under the pointer at once and copies links. The content security
policy lets the browser load nothing, and run this one script, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import Canvas
from loadtest.report.document import Beside, Cards, Chart, Fold, Items, Notice, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.document import Block, Card, Section

# In pixels: for a phone with 390, for a window from 960 on, and for one from 1400 on; style.css shows one of them.
_WIDTHS = {"narrow": 340, "wide": 900, "widest": 1320}
_HALF_WIDTHS = {"narrow": 340, "half": 640}

_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8").strip()
_SCRIPT = Path(__file__).with_name("script.js").read_text(encoding="utf-8").strip()
_HASH = base64.b64encode(hashlib.sha256(f"\n{_SCRIPT}\n".encode()).digest()).decode()

_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{_HASH}'"

_NUMBER = re.compile(r"[~$]?\s*[\d,.]+(?:[\s(].*)?|—|✓|✗")


def render(title: str, subtitle: str, sections: Sequence[Section], *, figures: str) -> str:
    """Return the whole page; `figures` is a JSON document that it holds."""
    links = "\n".join(f'<a href="#{_anchor(each.heading)}">{escape(each.heading)}</a>' for each in sections)
    body = "\n".join(_section(each) for each in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="subtitle">{escape(subtitle)}</p>
<nav aria-label="Sections">
{links}
</nav>
</header>
<main>
{body}
</main>
<script type="application/json" id="data">
{_inert(figures)}
</script>
<script>
{_SCRIPT}
</script>
</body>
</html>
"""


def _inert(document: str) -> str:
    """Return a JSON document that no text in it can end: without <, which begins tags and comments."""
    return document.strip().replace("<", "\\u003c")


def _section(section: Section) -> str:
    anchor = _anchor(section.heading)
    heading = escape(section.heading)
    blocks = "\n".join(_block(block) for block in section.blocks)
    link = f'<a class="link" href="#{anchor}" aria-label="Link to {heading}">#</a>'
    return f'<section aria-labelledby="{anchor}">\n<h2 id="{anchor}">{heading}</h2>{link}\n{blocks}\n</section>'


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z]+", "-", heading.lower())


def _block(block: Block) -> str:  # noqa: PLR0911  # one for each kind
    match block:
        case Text():
            return f"<p>{escape(block.text)}</p>"
        case Notice():
            return f'<p class="notice {block.level}">{escape(block.text)}</p>'
        case Items():
            return _items(block.items)
        case Table():
            return _table(block)
        case Chart():
            return _chart(block)
        case Cards():
            return '<div class="cards">\n' + "\n".join(map(_card, block.cards)) + "\n</div>"
        case Beside():
            left, right = ("\n".join(map(_block, side)) for side in (block.left, block.right))
            return f'<div class="beside">\n<div>\n{left}\n</div>\n<div>\n{right}\n</div>\n</div>'
        case Fold():
            inner = "\n".join(map(_block, block.blocks))
            opened = " open" if block.opened else ""
            return (
                f'<details class="fold" id="{_anchor(block.heading)}"{opened}>\n'
                f"<summary>{escape(block.heading)}</summary>\n{inner}\n</details>"
            )


def _items(items: Sequence[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + "\n</ul>"


def _card(card: Card) -> str:
    return f'<div class="card {card.level}">\n<h3>{escape(card.heading)}</h3>\n{_items(card.items)}\n</div>'


def _chart(chart: Chart) -> str:
    widths = _HALF_WIDTHS if chart.half else _WIDTHS
    drawings = "\n".join(f'<div class="{name}">{_drawn(chart, width)}</div>' for name, width in widths.items())
    table = _folded(chart.table)
    return f"<figure>\n<figcaption>{escape(chart.title)}</figcaption>\n{drawings}\n</figure>\n{table}"


def _drawn(chart: Chart, width: int) -> str:
    canvas = Canvas(width, slug=chart.slug, title=chart.title, description=chart.description)
    chart.draw(canvas)
    return canvas.svg()


def _table(table: Table) -> str:
    if table.folded:
        return _folded(table)
    caption = escape(table.caption)
    return _scrolling(caption, f"<caption><span>{caption}</span></caption>\n{_rows(table)}")


def _folded(table: Table) -> str:
    caption = escape(table.caption)
    # The summary shows the caption already; screen readers need it in the table too.
    inner = _scrolling(caption, f'<caption class="unseen">{caption}</caption>\n{_rows(table)}')
    return f"<details>\n<summary>{caption}</summary>\n{inner}\n</details>"


def _scrolling(caption: str, rows: str) -> str:
    # A scrolling region must be reachable by keyboard. On a narrow page rows are cards, which need explicit roles.
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0">\n'
        f'<table role="table">\n{rows}\n</table>\n</div>'
    )


def _rows(table: Table) -> str:
    header = "".join(f'<th scope="col" role="columnheader">{escape(cell)}</th>' for cell in table.header)
    rows = "\n".join(f'<tr role="row">{_row(table.header, row)}</tr>' for row in table.rows)
    return f'<thead role="rowgroup"><tr role="row">{header}</tr></thead>\n<tbody role="rowgroup">\n{rows}\n</tbody>'


def _row(header: Sequence[str], row: Sequence[str]) -> str:
    head, *cells = row
    labelled = "".join(_cell(label, cell) for label, cell in zip(header[1:], cells, strict=True))
    return f'<th scope="row" role="rowheader">{escape(head)}</th>{labelled}'


def _cell(label: str, text: str) -> str:
    kind = {"✓": "passed", "✗": "failed"}.get(text, "number" if _NUMBER.fullmatch(text) else "")
    style = f' class="{kind}"' if kind else ""
    return f'<td role="cell"{style} data-label="{escape(label)}">{escape(text)}</td>'
