"""Strategies of what strangers send: documents and bytes that are almost right, and values at the edges of their types.

A document is a JSON value of Python's types, and may contain `Raw`.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy


class Raw(NamedTuple):
    """Text in a document that is written as it is."""

    text: str


TEXTS = st.one_of(
    st.sampled_from(
        [
            *("", " ", "\0", "\uffff", "\ud800", "\udfff\ud800", "\u202e\u2028\x85", "\x1b[2J", "\r\nx: y\r\n\r\n"),
            *("é" * 128, "𐀀" * 128, "x" * 129, "x" * 70_000, "%s{0}$x", "../../x", "<script>", "123456789012", "nan"),
        ]
    ),
    st.text(st.characters(exclude_categories=()), max_size=8),
)
_MOMENTS = st.sampled_from(
    [
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"),
        *("1969-12-31T23:59:59Z", "2026-01-31T12:00:00", "2026-01-31t12:00:00.1234567891+00:00"),
        *("2026-02-30T00:00:00Z", "2026-06-30T23:59:60Z"),
    ]
)
_NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30]),
    st.sampled_from([-0.0, 1e-320, 1e-7, 0.1, 1e9, 1e11, 1e15, 1e308, float("inf"), float("-inf"), float("nan")]),
    st.sampled_from(["1e400", "1E+0", "-0", "2706.0", "2706e0", "1e99999", "0x10", "01", "1.", "9" * 5000]).map(Raw),
    st.integers(-10, 10**6),
    st.floats(),
)
_NESTED = st.builds(
    lambda brackets, depth: Raw(brackets[0] * depth + "0" + brackets[1] * depth),
    st.sampled_from([("[", "]"), ('{"x":', "}")]),
    st.sampled_from([1, 49, 60, 500, 1_000, 10_000]),
)
VALUES: SearchStrategy[Any] = st.one_of(
    TEXTS,
    _MOMENTS,
    _NUMBERS,
    _NESTED,
    st.none() | st.booleans(),
    st.sampled_from([[], {}, [[]], {"": {}}, [None] * 101, {str(number): number for number in range(200)}]),
    st.sampled_from(["", "\x01", '"', "[", '"\\ud800"', '"\\u"', '{"x":1,"x":2}', "\ufeff{}"]).map(Raw),
)

_KINDS: dict[type, SearchStrategy[Any]] = {str: st.one_of(TEXTS, _MOMENTS, _MOMENTS), int: _NUMBERS, float: _NUMBERS}


def write(document: object) -> bytes:
    """Write a document as JSON; text that is no Unicode becomes bytes that are no UTF-8, or is escaped."""
    return _text(document).encode(errors="surrogatepass")


def _text(document: object) -> str:
    match document:
        case Raw(text):
            return text
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_text(value)}" for key, value in document.items()) + "}"
        case list():
            return "[" + ",".join(map(_text, document)) + "]"
    return json.dumps(document)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  # any document
    """Yield where the values of a document are: each list or dict, with the index or key."""
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in keys:
        yield document, key
        yield from _places(document[key])


@st.composite
def mutated(draw: DrawFn, original: Any) -> Any:  # noqa: ANN401  # any document
    """Return the document with up to three values replaced, removed, added or moved."""
    holder = {"": deepcopy(original)}
    for _ in range(draw(st.sampled_from([1, 0, 1, 2, 3]))):
        places = list(_places(holder))
        parent, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["replace", "replace by its kind", "replace by its kind", "remove", "add", "copy"])):
            case "replace":
                parent[key] = deepcopy(draw(VALUES))  # it may be changed, too
            case "replace by its kind":
                parent[key] = deepcopy(draw(_KINDS.get(type(parent[key]), VALUES)))
            case "remove" if parent is not holder:
                del parent[key]
            case "add" if isinstance(parent, dict) and parent is not holder:
                parent[draw(TEXTS)] = deepcopy(draw(VALUES))
            case "copy":
                source, source_key = places[draw(st.integers(0, len(places) - 1))]
                parent[key] = deepcopy(source[source_key])
    return holder[""]


@st.composite
def damaged(draw: DrawFn, original: bytes) -> bytes:
    """Return the bytes with up to three parts overwritten, removed, added or repeated."""
    data = bytearray(original)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 8, 100_000])))
        part = bytes(data[start:end])[:1000]
        data[start:end] = draw(
            st.binary(max_size=4) | st.sampled_from([b"\0", b"\xff", b"\r\n", b"\r\n\r\n", part * 2])
        )
    return bytes(data)
