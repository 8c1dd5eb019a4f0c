"""Replace private values in texts: the same value by the same pseudonym, so that files still fit together.

A value is known, such as the name of this computer, or has a shape by which it is found: AWS account IDs, keys, tokens,
IDs and names of network resources, IP and e-mail addresses. Order IDs are UUIDs, and stay: they belong to nobody.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Many texts are JSON or Python literals in other texts, where `n` of `\n` is no letter of a value after it.
_ESCAPE = r"(?<=\\[abfnrtv'\"\\/])|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\x[0-9A-Fa-f]{2})|(?<=%[0-9A-Fa-f]{2})"
_BEGIN = rf"(?:(?<![0-9A-Za-z\\])|{_ESCAPE})"
_END = r"(?![0-9A-Za-z])"

_UUID = rf"(?P<UUID>{_BEGIN}[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{_END})"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_OF_NETWORKS = (
    "vpc|subnet|sg|sgr|i|eni|eni-attach|ela-attach|nat|igw|eigw|rtb|rtbassoc|eipalloc|eipassoc|vpce|vpce-svc|acl|aclassoc|"
    "dopt|pl|pcx|vol|ami|lt|tgw|fl"
)
# The group is the private part, its name the kind. Of those that begin at the same place, the first counts.
_SHAPES = (
    _UUID,
    rf"{_BEGIN}(?P<LOAD_BALANCER>[\w-]+(?:\.[\w-]+)*\.elb(?:\.[\w-]+)+)",
    rf"{_BEGIN}(?P<EMAIL>[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+)",
    r"(?::user/|:federated-user/|:assumed-role/[\w+=,.@-]+/)(?P<USER>[\w+=,.@/-]+)",
    r"(?P<HOME>/(?:home|Users)/[^\s/\\:;,\"'()<>]+)",
    rf"{_BEGIN}(?P<KEY>(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA|APKA|ASCA)[A-Z0-9]{{12,}})",
    rf"{_BEGIN}(?P<TOKEN>[A-Za-z0-9/+_=%-]{{100,}})",
    # A hexadecimal number of this length is a commit.
    rf"{_BEGIN}(?<![/+])(?P<SECRET>(?![0-9a-f]{{40}})(?=[A-Za-z/+]*\d)[A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])",
    rf"{_BEGIN}(?P<NETWORK>(?:{_OF_NETWORKS})-[0-9a-f]{{8,17}}){_END}",
    rf"{_BEGIN}(?P<INTERNAL_NAME>(?:ip|ec2)-\d{{1,3}}(?:-\d{{1,3}}){{3}})",
    rf"{_BEGIN}(?<!:)(?P<IPV6>(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}(?:{_IPV4}|[0-9A-Fa-f]{{0,4}}))(?![:0-9A-Za-z])",
    rf"(?:(?<![\d.])|{_ESCAPE})(?P<IPV4>{_IPV4})(?!\.?\d)",
    # Not the decimals of a number, or what is before them.
    rf"{_BEGIN}(?<!\d\.)(?P<ACCOUNT>\d{{12}}){_END}(?!\.\d)",
)


class Known(NamedTuple):
    """A private value that is known, and its kind."""

    kind: str
    value: str
    word: bool = False
    """Whether it is replaced as a word only: a user can be called `s`."""


class Pseudonyms:
    """The pseudonyms of all texts of a bundle."""

    def __init__(self, known: Iterable[Known]) -> None:
        """Take the values that are known."""
        self._given: dict[str, str] = {}  # by value
        self._numbers: Counter[str] = Counter()  # of each kind, so far
        self._known = {
            spelling: each for each in known for spelling in (each.value, json.dumps(each.value)[1:-1]) if spelling
        }
        words = [spelling for spelling, each in self._known.items() if each.word]
        # Words are the last: one can be a part of an address.
        self._first = _any_of(self._known.keys() - words, _SHAPES)
        self._last = _any_of([], [_UUID, rf"(?:{_BEGIN}|(?<=\\))(?:{_any_of(words, ['(?!)']).pattern}){_END}"])

    def document(self, value: Any) -> Any:  # noqa: ANN401  # any JSON document
        """Return a JSON document with the private values in its texts, keys and whole numbers replaced.

        In keys, words stay: a user can be called like a field.
        """
        if isinstance(value, list):
            return [self.document(each) for each in value]
        if isinstance(value, dict):
            return {self._first.sub(self._replace, key): self.document(each) for key, each in value.items()}
        if isinstance(value, str):
            return self._text_or_document(value)
        if isinstance(value, int) and self.text(str(value)) != str(value):
            return self.text(str(value))
        return value

    def text(self, text: str) -> str:
        """Return a text with its private values replaced."""
        return self._last.sub(self._replace, self._first.sub(self._replace, text))

    def _text_or_document(self, text: str) -> str:
        """Replace in a text that may be a JSON document, such as a policy."""
        try:
            return json.dumps(self.document(json.loads(text))) if text.startswith(("{", "[")) else self.text(text)
        except (ValueError, RecursionError):
            return self.text(text)

    def _replace(self, match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind is None:
            known = self._known[match[0]]
            return self._pseudonym(known.kind, known.value)
        value = match[kind]
        if kind == "UUID" or (kind in ("IPV4", "IPV6") and not _identifies(value)):
            return match[0]
        if kind == "NETWORK":
            kind = value.rpartition("-")[0].upper()
        return match[0].removesuffix(value) + self._pseudonym(kind, value)

    def _pseudonym(self, kind: str, value: str) -> str:
        if value not in self._given:
            self._numbers[kind] += 1
            self._given[value] = f"{kind.replace('_', '-')}-{self._numbers[kind]}"
        return self._given[value]


def _any_of(values: Iterable[str], shapes: Iterable[str]) -> re.Pattern[str]:
    """Return the expression for one of the values, the longest that fits, or of the shapes."""
    return re.compile("|".join([*map(re.escape, sorted(values, key=len, reverse=True)), *shapes]))


def _identifies(address: str) -> bool:
    """Whether a text is an IP address, and neither the loopback's nor that of any computer."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified)
