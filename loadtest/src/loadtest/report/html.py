"""Render a report as a self-contained HTML page: no script, no web font, no external resource."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.report.charts.canvas import Canvas
from loadtest.report.document import Chart, Items, Notice, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.report.document import Block, Section

# In pixels: for a phone with 390 pixels, and for the text column on a desktop.
_WIDTHS = {"narrow": 340, "wide": 900}

# The browser loads nothing, whatever the page contains.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_STYLE = Path(__file__).with_name("style.css")

_NUMBER = re.compile(r"[~$]?\s*[\d,.]+(?:[\s(].*)?|—|✓|✗")


def render(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Return the whole page."""
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
{_STYLE.read_text(encoding="utf-8").strip()}
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
</body>
</html>
"""


def _section(section: Section) -> str:
    anchor = _anchor(section.heading)
    blocks = "\n".join(_block(block) for block in section.blocks)
    return (
        f'<section aria-labelledby="{anchor}">\n<h2 id="{anchor}">{escape(section.heading)}</h2>\n{blocks}\n</section>'
    )


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z]+", "-", heading.lower())


def _block(block: Block) -> str:
    match block:
        case Text():
            return f"<p>{escape(block.text)}</p>"
        case Notice():
            return f'<p class="notice {block.level}">{escape(block.text)}</p>'
        case Items():
            return "<ul>\n" + "\n".join(f"<li>{escape(item)}</li>" for item in block.items) + "\n</ul>"
        case Table():
            return _table(block)
        case Chart():
            return _chart(block)


def _chart(chart: Chart) -> str:
    drawings = "\n".join(f'<div class="{name}">{_drawn(chart, width)}</div>' for name, width in _WIDTHS.items())
    return f"<figure>\n<figcaption>{escape(chart.title)}</figcaption>\n{drawings}\n</figure>\n{_table(chart.table)}"


def _drawn(chart: Chart, width: int) -> str:
    canvas = Canvas(width, slug=chart.slug, title=chart.title, description=chart.description)
    chart.draw(canvas)
    return canvas.svg()


def _table(table: Table) -> str:
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = "\n".join(f"<tr>{_row(row)}</tr>" for row in table.rows)
    caption = escape(table.caption)
    body = f"<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    if table.folded:
        # The summary shows the caption already; screen readers need it in the table too.
        inner = f'<table>\n<caption class="unseen">{caption}</caption>\n{body}'
        return f"<details>\n<summary>{caption}</summary>\n{_scrolling(caption, inner)}\n</details>"
    return _scrolling(caption, f"<table>\n<caption><span>{caption}</span></caption>\n{body}")


def _scrolling(caption: str, table: str) -> str:
    # A scrolling region must be reachable by keyboard.
    return f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0">\n{table}\n</div>'


def _row(row: Sequence[str]) -> str:
    head, *cells = row
    return f'<th scope="row">{escape(head)}</th>' + "".join(_cell(cell) for cell in cells)


def _cell(text: str) -> str:
    kind = {"✓": "passed", "✗": "failed"}.get(text, "number" if _NUMBER.fullmatch(text) else "")
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"
