"""The HTML of the sample report; test_browser tests how a browser shows it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import override

import pytest

from .synthetic import SAMPLES

PAGE = (SAMPLES / "report/comparison.html").read_text()
WIDTHS = {
    **dict.fromkeys(["forest", "tail", "runs", "backlog", "ledger", "timeline", "windows"], (340, 900, 1320)),
    **dict.fromkeys(["cost", "gantt"], (340, 640)),
}
SCRIPTS: list[dict[str, str | None]] = [{"type": "application/json", "id": "data"}, {}]
"""The attributes of the only scripts of a page: its figures, and its own script."""
WITHOUT_END = {"meta", "link"}


class Elements(HTMLParser):
    """Every element with its attributes, in document order; checks that end tags match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in WITHOUT_END:
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


ELEMENTS = Elements(PAGE)


def test_every_element_is_closed() -> None:
    assert ELEMENTS.open == []


def test_nothing_is_loaded_from_anywhere() -> None:
    addresses = [
        value
        for _, attributes in ELEMENTS.found
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action"} and value
    ]
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert [attributes for tag, attributes in ELEMENTS.found if tag == "script"] == SCRIPTS
    assert not re.search(r"@import|url\(", PAGE)


def test_identifiers_are_unique_and_those_referred_to_exist() -> None:
    identifiers = Counter(attributes["id"] for _, attributes in ELEMENTS.found if "id" in attributes)
    assert set(identifiers.values()) == {1}
    for _, attributes in ELEMENTS.found:
        labels = (attributes.get("aria-labelledby") or "").split()
        assert set(labels) <= set(identifiers)
        target = attributes.get("href") or ""
        assert not target.startswith("#") or target[1:] in identifiers


def test_the_policy_allows_the_one_script_of_the_page_by_its_hash() -> None:
    [script] = re.findall(r"<script>(.*?)</script>", PAGE, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'" in PAGE


def test_the_page_holds_its_figures() -> None:
    [document] = re.findall(r'<script type="application/json" id="data">\n(.*?)\n</script>', PAGE, flags=re.DOTALL)
    assert json.loads(document) == json.loads((SAMPLES / "report/comparison.json").read_text())


@pytest.mark.parametrize(("slug", "width"), [(slug, width) for slug, own in WIDTHS.items() for width in own])
def test_each_chart_has_a_title_a_description_and_a_table(slug: str, width: int) -> None:
    text = r"[^<]{20,}"
    assert re.search(
        rf'aria-labelledby="{slug}-{width}-title {slug}-{width}-description"><title id="{slug}-{width}-title">{text}'
        rf'</title><desc id="{slug}-{width}-description">{text}</desc>',
        PAGE,
    )
    after = PAGE[PAGE.index(f'id="{slug}-{WIDTHS[slug][-1]}-title"') :]
    assert after.index("</figure>") < after.index("<table ") < (after + "<figure>").index("<figure>")


def test_every_table_has_a_caption_and_headings_with_a_scope() -> None:
    tags = Counter(tag for tag, _ in ELEMENTS.found)
    assert tags["caption"] == tags["table"]
    assert all("scope" in attributes for tag, attributes in ELEMENTS.found if tag == "th")


def test_the_sections_are_in_the_order_of_the_reader_s_questions() -> None:
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", PAGE) == [
        *("Answer", "What carries over", "Ratios", "Tail", "Runs in order of time", "Backlog", "Ledger", "Cost"),
        *("Alike deployments", "Appendix"),
    ]


def test_the_scenario_is_the_title() -> None:
    assert "<h1>synthetic: 6 users for 40 s, simulated and not measured</h1>" in PAGE


def test_the_appendix_is_folded() -> None:
    appendix = PAGE[PAGE.index('<h2 id="appendix"') :]
    assert re.findall(r'<details class="fold"[^>]*>', appendix) == [
        f'<details class="fold" id="{name}">'
        for name in (
            *("gates", "parity-of-the-resources", "settings-versions-and-hosts", "figures"),
            *("load-queue-and-completions-over-time", "response-times-and-memory-over-time"),
        )
    ]


def test_no_coordinate_is_outside_its_chart() -> None:
    for svg in re.findall(r"<svg.*?</svg>", PAGE, flags=re.DOTALL):
        width, height = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
        points = [
            (float(x), float(y))
            for path in re.findall(r'<path d="M([-\d. L]+)"', svg)
            for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)
        ]
        assert points
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
