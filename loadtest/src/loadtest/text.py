"""Show text from outside: it must not control the terminal, or look like text of this program."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` as one line without control characters.

    White space becomes a space; control characters, those that change the direction of writing, and bytes that are not
    UTF-8 become escape sequences, such as `\x1b`.
    """
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode()
