"""Text of strangers, such as log lines and names, without what a terminal would obey."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return ``text`` as one line in which control characters, bidirectional ones included, are visible."""
    return "".join(
        character
        if character.isprintable()
        else " "
        if character.isspace()
        else character.encode("unicode_escape").decode()
        for character in text
    )
