from __future__ import annotations

import pytest

from loadtest.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Zürich 東京 ✓ ±10 %", "Zürich 東京 ✓ ±10 %"),
        ("a\nb\r\tc\x0b\x85\u2028\u2029d", "a b  c    d"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066\u200f\u200b\ufeff", "a\\u202eb\\u2066\\u200f\\u200b\\ufeff"),
        ("\udcff\U000e0001", "\\udcff\\U000e0001"),
        ("\x00\x7f", "\\x00\\x7f"),
    ],
)
def test_nothing_but_printable_characters_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown
