"""AWS's habits, as habits.yml describes them, as middlewares of the reverse proxy."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from aiohttp import web

from habits.calls import FIRST_ERROR, Call, changed, error, read_call, reversed_list, values, with_record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from aiohttp.typedefs import Handler, Middleware

HABITS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("habits.yml").read_text())
REMEMBERED = 50  # answers to the same call


@dataclass
class Rule:
    """A part of a habit: which calls it changes, when, and how. ``habits.yml`` explains the fields."""

    calls: list[str]
    after: list[str] = field(default_factory=list)
    identity: str = ""
    having: str = ""
    until: list[str] = field(default_factory=list)
    seconds: float = 0
    every: int = 0
    first: int = 0
    from_call: int = 0
    refuse: tuple[int, str, str] | None = None
    stale: bool = False
    keeps: bool = False
    shows: dict[str, str] = field(default_factory=dict)
    lose: str = ""
    repeat: bool = False
    reverse: str = ""


class Habit:
    """A habit with its memory of the calls so far. One instance serves one stand-in.

    ``time_scale`` is how many seconds here stand for one of AWS. ``every`` replaces that of its rules, if it is given.
    """

    def __init__(
        self, name: str, time_scale: float, clock: Callable[[], float] = time.monotonic, every: int = 0
    ) -> None:
        """Read the habit from habits.yml."""
        self.name = name
        self.shown = 0  # how often it changed what the callers saw, or what their calls did
        rules = [rule | ({"every": every} if every else {}) for rule in HABITS[name]["rules"]]
        self._rules = [_Memory(Rule(**rule), time_scale, clock) for rule in rules]

    @property
    def middleware(self) -> Middleware:
        """The habit, for the proxy."""

        @web.middleware
        async def habit(request: web.Request, handler: Handler) -> web.StreamResponse:
            call = await read_call(request)
            if call is None:
                return await handler(request)
            if refusal := next(filter(None, (rule.refusal(call) for rule in self._rules)), None):
                self.shown += 1
                return refusal
            if any(rule.repeats(call) for rule in self._rules):
                self.shown += 1
                await handler(request)
            answer = await handler(request)
            if not isinstance(answer, web.Response):
                return answer
            altered = self._altered(call, answer)
            self.shown += altered is not answer
            if altered is None and request.transport:
                request.transport.abort()
            return altered or answer

        return habit

    def _altered(self, call: Call, answer: web.Response) -> web.Response | None:
        """Return an answer as the habit changes it: the same object if it does not, None if it is lost."""
        for rule in self._rules:
            rule.notice(call, answer)
        altered: web.Response | None = answer
        for rule in self._rules:
            altered = altered and rule.alter(call, altered)
        return altered


def habits(time_scale: float, names: Collection[str] | None = None) -> list[Habit]:
    """Return these habits, or all that let every call take effect once at most, in the order of habits.yml."""
    if names is None:
        names = [name for name, habit in HABITS.items() if not habit.get("alone")]
    return [Habit(name, time_scale) for name in HABITS if name in names]


class _Memory:
    """A rule, with what it remembers."""

    def __init__(self, rule: Rule, time_scale: float, clock: Callable[[], float]) -> None:
        self._rule = rule
        self._lasts = rule.seconds * time_scale
        self._now = clock
        self._counts: Counter[str] = Counter()  # of calls, by service
        self._keys: Counter[str] = Counter()  # of calls, by access key
        self._events: list[tuple[float, str]] = []  # when what was changed
        self._answers: defaultdict[Any, deque[tuple[float, bytes]]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def refusal(self, call: Call) -> web.Response | None:
        """Return the error that the rule answers a call with."""
        rule = self._rule
        expired = self._has_expired(call)  # counts the call, whatever it is
        if rule.refuse and self._concerns(call) and (expired or self._is_due(call)):
            return error(call, *rule.refuse)
        return None

    def repeats(self, call: Call) -> bool:
        """Tell whether the rule lets a call take effect once more."""
        return self._rule.repeat and self._concerns(call) and self._is_due(call)

    def notice(self, call: Call, answer: web.Response) -> None:
        """Remember a change."""
        rule = self._rule
        if answer.status >= FIRST_ERROR or not _matches(call, [*rule.after, *rule.until]):
            return
        if not any(name.startswith(rule.having) for name in call.parameters):
            return
        named = (call.values(rule.identity) or values(_body(answer), rule.identity)[:1]) if rule.identity else [""]
        names = [name.rpartition("/")[2] for name in named]
        if _matches(call, rule.until):
            self._events = [event for event in self._events if event[1] not in names]
        else:
            self._events += [(self._now(), name) for name in names]

    def alter(self, call: Call, answer: web.Response) -> web.Response | None:
        """Return the answer as the rule changes it: the same object if it does not, None if it is lost."""
        rule = self._rule
        if rule.refuse or rule.repeat or not self._concerns(call):
            return answer
        if answer.status >= FIRST_ERROR:
            earlier = self._before(call, b"") if rule.stale else b""
            return web.Response(headers=answer.headers, body=earlier) if earlier else answer
        if rule.lose:
            if not self._is_due(call):
                return answer
            return None if rule.lose == "connection" else error(call, 500, "InternalFailure", "Try again.")
        body = _body(answer)
        if rule.stale:
            body = self._before(call, body)
        if rule.reverse and self._is_due(call):
            body = reversed_list(body, rule.reverse)
        if rule.keeps and not call.filters_out(rule.shows):
            body = self._with_removed(call, body)
        for _, name in self._recent() if rule.shows else ():
            body = changed(body, rule.identity, name, rule.shows)
        if body == _body(answer):
            return answer
        return web.Response(status=answer.status, headers=answer.headers, body=body)

    def _concerns(self, call: Call) -> bool:
        return _matches(call, self._rule.calls)

    def _is_due(self, call: Call) -> bool:
        """Tell whether it is the turn of a call: by its number, or because of a recent change."""
        rule = self._rule
        if rule.after:
            return any(not name or call.mentions(name) for _, name in self._recent())
        return self._is_turn(call)

    def _is_turn(self, call: Call) -> bool:
        self._counts[call.service] += 1
        number = self._counts[call.service]
        return number <= self._rule.first or bool(self._rule.every and number % self._rule.every == 0)

    def _has_expired(self, call: Call) -> bool:
        """Tell whether the first access key that called has made all calls that the rule lets it make."""
        self._keys[call.access_key] += 1
        first = next(iter(self._keys))
        return bool(self._rule.from_call and call.access_key == first and self._keys[first] >= self._rule.from_call)

    def _recent(self) -> list[tuple[float, str]]:
        return [event for event in self._events if self._now() - event[0] < self._lasts]

    def _with_removed(self, call: Call, body: bytes) -> bytes:
        """Return an answer with what was removed a moment ago."""
        answers = self._answers[call.name, tuple(sorted(call.parameters.items()))]
        for _, name in self._recent():
            for _, earlier in reversed(answers):
                if name in values(earlier, self._rule.identity):
                    body = with_record(body, earlier, self._rule.identity, name)
                    break
        answers.append((self._now(), body))
        return body

    def _before(self, call: Call, body: bytes) -> bytes:
        """Return what the call was answered before the recent changes, if nothing else has changed since.

        An empty body stands for an error, which is not remembered.
        """
        answers = self._answers[call.name, tuple(sorted(call.parameters.items()))]
        now = self._now()
        recent = self._recent()
        if body:
            answers.append((now, body))
        if not recent or (self._rule.every and not self._is_turn(call)):
            return body
        settled = max((when for when, _ in self._events if (when, _) not in recent), default=float("-inf"))
        earlier = [known for when, known in answers if settled < when < recent[0][0]]
        return earlier[-1] if earlier else body


def _matches(call: Call, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(call.name, pattern) for pattern in patterns)


def _body(answer: web.Response) -> bytes:
    body = answer.body
    return body if isinstance(body, bytes) else b""
