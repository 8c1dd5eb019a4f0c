"""Probes call a deliberately wrong answer `differs`, and the right one `as AWS`.

moto gives the right answers; a habit of the proxy in front of it makes one of them wrong.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from aiohttp import web

from habits.calls import read_call
from habits.proxy import reverse_proxy
from probes.catalogue import select
from probes.environment import Environment
from probes.probe import Outcome
from probes.runner import observe
from probes.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiohttp.typedefs import Handler, Middleware

    from probes.results import Result

    type Change = Callable[[web.Response, Sequence[web.Response]], web.Response]


class Wrong(NamedTuple):
    """A wrong answer: of a probe, an operation, and what becomes of its answer, given those before."""

    probe: str
    operation: str
    change: Change


def _json(change: Callable[[Any], Any]) -> Change:
    """Change the JSON of an answer."""

    def changed(answer: web.Response, _: Sequence[web.Response]) -> web.Response:
        assert isinstance(answer.body, bytes)
        body = json.dumps(change(json.loads(answer.body or b"{}"))).encode()
        return web.Response(body=body, content_type="application/x-amz-json-1.0")

    return changed


def _text(pattern: str, replacement: str) -> Change:
    """Replace text in an answer."""

    def changed(answer: web.Response, _: Sequence[web.Response]) -> web.Response:
        assert isinstance(answer.body, bytes)
        body = re.sub(pattern, replacement, answer.body.decode(), flags=re.DOTALL)
        return web.Response(body=body.encode(), content_type="text/xml")

    return changed


def _again(answer: web.Response, before: Sequence[web.Response]) -> web.Response:
    """Give the first answer that had a message again."""
    found = [each for each in before if b'"Messages"' in bytes(each.body or b"")]  # type: ignore[arg-type]
    return web.Response(body=found[0].body, content_type="application/x-amz-json-1.0") if found else answer


def _from_the_second(change: Change) -> Change:
    return lambda answer, before: change(answer, before) if before else answer


def _accept(_: web.Response, __: Sequence[web.Response]) -> web.Response:
    return web.Response(body=b"{}", content_type="application/x-amz-json-1.0")


def _refuse(code: str) -> Change:
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "refused"}).encode()
    return lambda _, __: web.Response(status=400, body=body, content_type="application/x-amz-json-1.0")


def _each_message(**fields: str) -> Change:
    """Change fields of each message that is received."""

    def change(answer: dict[str, Any]) -> dict[str, Any]:
        for message in answer.get("Messages", []):
            for name, value in fields.items():
                (message["Attributes"] if name in message.get("Attributes", {}) else message)[name] = value
        return answer

    return _json(change)


def _reversed(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "Messages": answer["Messages"][::-1]} if "Messages" in answer else answer


WRONG = [
    Wrong("sqs.visibility.of_the_request", "ReceiveMessage", _again),
    Wrong("sqs.receiving.each_receive_is_counted", "ReceiveMessage", _each_message(ApproximateReceiveCount="1")),
    Wrong(
        "sqs.receiving.deleting_twice_succeeds", "DeleteMessage", _from_the_second(_refuse("ReceiptHandleIsInvalid"))
    ),
    Wrong("sqs.receiving.a_receipt_that_is_none_is_refused", "DeleteMessage", _accept),
    Wrong("sqs.queues.can_be_purged_once_a_minute", "PurgeQueue", _accept),
    Wrong(
        "sqs.queues.have_urls_of_account_and_name", "CreateQueue", _json(lambda _: {"QueueUrl": "http://127.0.0.1/q"})
    ),
    Wrong("sqs.sending.a_batch_of_eleven_is_refused", "SendMessageBatch", _accept),
    Wrong(
        "sqs.sending.digests_are_of_body_and_attributes",
        "SendMessage",
        _json(lambda answer: {**answer, "MD5OfMessageAttributes": "0" * 32}),
    ),
    Wrong("sqs.dead_letters.after_exactly_so_many_receives", "ReceiveMessage", _again),
    Wrong("sqs.fifo.a_group_is_in_order", "ReceiveMessage", _json(_reversed)),
    Wrong("sns.delivery.raw_is_the_message_itself", "ReceiveMessage", _each_message(Body='{"Message": "enveloped"}')),
    Wrong("sns.topics.can_be_created_again", "CreateTopic", _from_the_second(_text("</TopicArn>", "-2</TopicArn>"))),
    Wrong(
        "iam.permissions.a_role_with_policies_cannot_be_deleted",
        "DeleteRole",
        lambda _, __: web.Response(body=b"<DeleteRoleResponse/>", content_type="text/xml"),
    ),
    Wrong("ecr.an_unknown_tag_is_an_error", "DescribeImages", _json(lambda _: {"imageDetails": []})),
    Wrong("logs.a_group_exists_once", "CreateLogGroup", _accept),
]


def _habit(wrong: Wrong) -> Middleware:
    """Make the answers of an operation wrong."""
    before: list[web.Response] = []

    @web.middleware
    async def habit(request: web.Request, handler: Handler) -> web.StreamResponse:
        call = await read_call(request)
        answer = await handler(request)
        if call is None or call.operation != wrong.operation:
            return answer
        assert isinstance(answer, web.Response)
        changed = wrong.change(answer, before)
        before.append(answer)
        return changed

    return habit


def _result(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    environment = Environment(run=f"orders-probe-{abs(hash(url)) % 100000}", settle_seconds=0.2, emulated=True)
    with Shared(environment) as shared:
        return observe(select([name])[0], 1, environment, shared)[0]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.probe)
def test_a_wrong_answer_differs(wrong: Wrong, moto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with reverse_proxy(moto_url, _habit(wrong)) as url:
        result = _result(wrong.probe, url, monkeypatch)
    assert result.outcome == Outcome.DIFFERS, result


@pytest.mark.parametrize("name", [wrong.probe for wrong in WRONG])
def test_the_right_answer_is_as_aws(name: str, moto_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with reverse_proxy(moto_url) as url:
        result = _result(name, url, monkeypatch)
    assert result.outcome == Outcome.AS_AWS, result
