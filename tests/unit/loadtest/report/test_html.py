"""The HTML of the sample report; test_browser tests how a browser shows it."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import override

import pytest

from .synthetic import SAMPLES

PAGE = (SAMPLES / "report/comparison.html").read_text()
CHARTS = ["dumbbell", "timeline", "ecdf", "windows", "gantt", "cost"]
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
    assert "script" not in {tag for tag, _ in ELEMENTS.found}
    assert not re.search(r"@import|url\(", PAGE)


def test_identifiers_are_unique_and_those_referred_to_exist() -> None:
    identifiers = Counter(attributes["id"] for _, attributes in ELEMENTS.found if "id" in attributes)
    assert set(identifiers.values()) == {1}
    for _, attributes in ELEMENTS.found:
        labels = (attributes.get("aria-labelledby") or "").split()
        assert set(labels) <= set(identifiers)
        target = attributes.get("href") or ""
        assert not target.startswith("#") or target[1:] in identifiers


@pytest.mark.parametrize("slug", CHARTS)
@pytest.mark.parametrize("width", [340, 900])
def test_each_chart_has_a_title_a_description_and_a_table(slug: str, width: int) -> None:
    text = r"[^<]{20,}"
    assert re.search(
        rf'aria-labelledby="{slug}-{width}-title {slug}-{width}-description"><title id="{slug}-{width}-title">{text}'
        rf'</title><desc id="{slug}-{width}-description">{text}</desc>',
        PAGE,
    )
    after = PAGE[PAGE.index(f'id="{slug}-900-title"') :]
    assert after.index("</figure>") < after.index("<table>") < (after + "<figure>").index("<figure>")


def test_every_table_has_a_caption_and_headings_with_a_scope() -> None:
    tags = Counter(tag for tag, _ in ELEMENTS.found)
    assert tags["caption"] == tags["table"]
    assert all("scope" in attributes for tag, attributes in ELEMENTS.found if tag == "th")


def test_validity_comes_before_every_figure() -> None:
    headings = re.findall(r"<h2[^>]*>([^<]*)</h2>", PAGE)
    assert headings[:3] == ["Summary", "Validity gates", "At a glance"]


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
