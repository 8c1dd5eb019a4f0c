"""The calls of SNS and SQS: each sends what botocore makes of its arguments, and reads what comes as botocore does."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, NamedTuple
from unittest.mock import patch
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
import yarl
from aiobotocore.credentials import AioCredentials  # type: ignore[import-untyped]  # aiobotocore publishes no types
from botocore.exceptions import ClientError
from botocore.handlers import add_retry_headers
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from orders.api.topic import SnsTopic
from orders.aws import Failure, batch_results, create_client
from orders.processor.queue import Message, SqsQueue
from tests.fuzz.hostile import TEXTS, damaged, mutated, write
from tests.fuzz.observation import time_limit

ARN = "arn:aws:sns:us-west-2:000000000000:orders"
URL = "http://sqs.us-west-2.localhost/000000000000/orders"
ENDPOINTS = ["", "http://127.0.0.1:4566", "https://gateway.example:443/a b/../sns/", "http://[::1]:80"]
"""Values of AWS_ENDPOINT_URL."""

type Result = Sequence[Failure | None] | Sequence[Message]


class Answer(NamedTuple):
    """A response of a service, as far as aiobotocore and the services use one of aiohttp."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def url(self) -> str:
        return URL

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode(), value.encode()) for name, value in self.headers.items()]

    async def read(self) -> bytes:
        return self.body


class HttpSession:
    """Stands for a client's session of aiohttp: keeps each request, and gives the same answer to all."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.answer = Answer(500, {}, b"")

    def request(
        self,
        method: str,
        url: yarl.URL,
        *,
        headers: Mapping[str, str | bytes],
        data: str | bytes,
        **_: object,
    ) -> "Request":
        texts = {name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
        texts.pop("content-length", None)  # aiohttp adds it
        self.requests.append((method, str(url), data.encode() if isinstance(data, str) else data, texts))
        return Request(self.answer)

    @property
    def last(self) -> tuple[str, str, bytes, dict[str, str]]:
        """Method, URL, body and headers of the last request."""
        return self.requests[-1]


class Request(NamedTuple):
    """What aiohttp returns for a request: its response, for `await` and for `async with`."""

    answer: Answer

    def __await__(self) -> Generator[None, None, Answer]:
        return self.answer
        yield  # a generator, though it never waits

    async def __aenter__(self) -> Answer:
        return self.answer

    async def __aexit__(self, *_: object) -> None:
        pass


class Service:
    """The calls of the services, and the same calls of aiobotocore's clients, to one endpoint."""

    def __init__(self, sns: Any, sqs: Any) -> None:  # noqa: ANN401  # aiobotocore publishes no types
        self.http = HttpSession()
        self.clients = (sns, sqs)
        for client in self.clients:
            client._endpoint.http_session._sessions[None] = self.http  # noqa: SLF001  # there is no other way
            client.meta.events.unregister("request-created", add_retry_headers)  # adds the number of the attempt
        self.topic = SnsTopic(sns, ARN)
        self.queue = SqsQueue(sqs, sqs, URL, 45)
        self.sns, self.sqs = self.clients

    def use(self, credentials: AioCredentials) -> None:
        for client in self.clients:
            client._request_signer._credentials = credentials  # noqa: SLF001  # there is no other way

    async def publish(self, messages: Sequence[str]) -> Result:
        return await self.topic.publish([message.encode() for message in messages])

    async def publish_with_client(self, messages: Sequence[str]) -> Result:
        entries = [{"Id": str(index), "Message": message} for index, message in enumerate(messages)]
        response = await self.sns.publish_batch(TopicArn=ARN, PublishBatchRequestEntries=entries)
        return batch_results(response, len(messages))

    async def receive(self, max_messages: int) -> Result:
        return await self.queue.receive(max_messages)

    async def receive_with_client(self, max_messages: int) -> Result:
        response = await self.sqs.receive_message(
            QueueUrl=URL,
            MaxNumberOfMessages=max_messages,
            VisibilityTimeout=45,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Message(
                text(message["MessageId"]),
                text(message["ReceiptHandle"]),
                text(message["Body"]),
                int(text(message["Attributes"]["ApproximateReceiveCount"])),
            )
            for message in response.get("Messages", ())
        ]

    async def delete(self, handles: Sequence[str]) -> Result:
        return await self.queue.delete(handles)

    async def delete_with_client(self, handles: Sequence[str]) -> Result:
        entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(handles)]
        return batch_results(await self.sqs.delete_message_batch(QueueUrl=URL, Entries=entries), len(handles))

    async def change_visibility(self, handles: Sequence[str], seconds: int) -> Result:
        return await self.queue.change_visibility(handles, seconds)

    async def change_visibility_with_client(self, handles: Sequence[str], seconds: int) -> Result:
        entries = [
            {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for index, handle in enumerate(handles)
        ]
        response = await self.sqs.change_message_visibility_batch(QueueUrl=URL, Entries=entries)
        return batch_results(response, len(handles))


def text(value: object) -> str:
    """Return a text. Raises an error for anything else, which botocore would return as it is."""
    assert isinstance(value, str)
    return value


class Call(NamedTuple):
    """A call, by the name of the method of `Service`, with its arguments."""

    name: str
    arguments: tuple[Any, ...]

    def of(self, service: Service) -> Callable[[], Awaitable[Result]]:
        return lambda: getattr(service, self.name)(*self.arguments)

    def with_client(self, service: Service) -> Callable[[], Awaitable[Result]]:
        return lambda: getattr(service, f"{self.name}_with_client")(*self.arguments)


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[dict[str, Service], asyncio.Runner]]:
    """Return the calls to each endpoint, and what runs them."""

    async def create(endpoint: str) -> Service:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
                patch.setenv(name, "/dev/null")
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                patch.setenv(name, "test")
            if endpoint:
                patch.setenv("AWS_ENDPOINT_URL", endpoint)
            sns, sqs = [
                await stack.enter_async_context(
                    create_client(name, region_name="us-west-2", max_pool_connections=1, read_timeout=5)
                )
                for name in ("sns", "sqs")
            ]
        return Service(sns, sqs)

    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        yield {endpoint: runner.run(create(endpoint)) for endpoint in ENDPOINTS}, runner
        runner.run(stack.aclose())


ENCODABLE = TEXTS.map(lambda text: text.encode(errors="replace").decode())
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
CREDENTIALS = st.builds(AioCredentials, VISIBLE, ENCODABLE, st.none() | st.just("") | VISIBLE)
MOMENTS = st.datetimes(min_value=datetime.fromisoformat("1970-01-01"))
HANDLES = st.lists(TEXTS, min_size=1, max_size=10)
CALLS = st.one_of(
    st.builds(Call, st.just("publish"), st.tuples(st.lists(ENCODABLE, min_size=1, max_size=10))),
    st.builds(Call, st.just("receive"), st.tuples(st.integers(1, 10))),
    st.builds(Call, st.just("delete"), st.tuples(HANDLES)),
    st.builds(Call, st.just("change_visibility"), st.tuples(HANDLES, st.integers(0, 43_200))),
)


async def outcome(call: Callable[[], Awaitable[Result]]) -> Any:  # noqa: ANN401  # a result or an exception
    try:
        return await call()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is compared
        return error


@pytest.mark.timeout(0)
@given(st.sampled_from(ENDPOINTS), CALLS, CREDENTIALS, MOMENTS)
def test_each_request_is_botocores(
    services: tuple[dict[str, Service], asyncio.Runner],
    endpoint: str,
    call: Call,
    credentials: AioCredentials,
    now: datetime,
) -> None:
    service, runner = services[0][endpoint], services[1]
    service.use(credentials)
    with (
        time_limit(),
        patch("botocore.auth.get_current_datetime", return_value=now),
        patch("orders.transport.get_current_datetime", return_value=now),
    ):
        runner.run(outcome(call.of(service)))
        sent = service.http.last
        runner.run(outcome(call.with_client(service)))
    assert sent == service.http.last


# What SNS and SQS answer.

STATUSES = st.sampled_from([200] * 8 + [201, 300, 301, 400, 403, 404, 429, 500, 503])
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "x-amzn-requestid": st.just("id"),
        "x-amzn-query-error": st.sampled_from(["AWS.SimpleQueueService.NonExistentQueue;Sender", ";", "x", "a;b;c"]),
    },
)
CODES = st.sampled_from(["InternalError", "NotFound", "Throttled", "InvalidParameter"]) | TEXTS
ERROR_DOCUMENT = {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}
BATCH_DOCUMENT = {
    "Successful": [{"Id": "0", "MessageId": "m"}, {"Id": "2"}],
    "Failed": [{"Id": "1", "Code": "InternalError", "Message": "é", "SenderFault": False}],
}
MESSAGE = {"MessageId": "m", "ReceiptHandle": "r", "Body": "{}", "Attributes": {"ApproximateReceiveCount": "1"}}
RECEIVE_DOCUMENT = {"Messages": [MESSAGE, MESSAGE | {"MD5OfBody": "x"}]}
_NAMES = ["Successful", "Failed", "member", "Id", "Code", "SenderFault", "Message", "PublishBatchResult", "New"]
_NAMESPACE = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'


@st.composite
def elements(draw: DrawFn, name: str, content: str) -> str:
    """Return an element, with what XML allows around its content, and sometimes with another name."""
    if draw(st.integers(0, 39)) == 0:
        name = draw(st.sampled_from(_NAMES))
    before, after = draw(st.sampled_from([("", ""), ("", ""), ("\n  ", "<!-- x -->"), ("<?x?>", " "), ("<New/>", "")]))
    attributes = draw(st.sampled_from(["", "", "", ' a="1"', ' xmlns="urn:x"']))
    return f"<{name}{attributes}>{before}{content}{after}</{name}>"


def texts(usual: SearchStrategy[str]) -> SearchStrategy[str]:
    """Return what is usual, escaped, or something else."""
    return st.one_of(
        usual.map(escape), usual.map(escape), st.sampled_from(["", "<![CDATA[0]]>", "&#48;", "&x;", "\x01"])
    )


@st.composite
def batch_xml(draw: DrawFn) -> bytes:
    """Return a PublishBatchResponse, often almost right."""
    ids = draw(st.lists(st.sampled_from(["0", "1", "2", "2", "-1", "7", " 0", "x"]), max_size=4))
    lists: dict[str, list[str]] = {"Successful": [], "Failed": []}
    for entry_id in ids:
        name = draw(st.sampled_from(["Successful", "Failed"]))
        fields = [draw(elements("Id", draw(texts(st.just(entry_id))))), draw(elements("Message", draw(texts(TEXTS))))]
        if name == "Failed":
            fault = draw(texts(st.sampled_from(["true", "false", "True", "1"])))
            fields += [draw(elements("Code", draw(texts(CODES)))), draw(elements("SenderFault", fault))]
        lists[name].append(draw(elements("member", "".join(draw(st.permutations(fields))))))
    parts = [draw(elements(name, "".join(members))) for name, members in lists.items()]
    parts = draw(st.sampled_from([parts, parts, parts, parts[::-1], parts[:1], parts[1:], []]))
    result = draw(elements("PublishBatchResult", "".join(parts)))
    declaration = draw(st.sampled_from(["", "", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-16"?>']))
    namespace = draw(st.sampled_from([_NAMESPACE, _NAMESPACE, ""]))
    metadata = draw(st.sampled_from(["", "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"]))
    text = f"{declaration}<PublishBatchResponse {namespace}>{result}{metadata}</PublishBatchResponse>"
    return text.encode(errors="surrogatepass")


@st.composite
def error_xml(draw: DrawFn) -> bytes:
    """Return an ErrorResponse, or something else that a failed call gets."""
    error = "".join(draw(elements(name, draw(texts(CODES)))) for name in ("Type", "Code", "Message"))
    text = f"<ErrorResponse {_NAMESPACE}>{draw(elements('Error', error))}<RequestId>r</RequestId></ErrorResponse>"
    return draw(st.sampled_from([text, text, text, "", "<html><body>Service Unavailable</body></html>"])).encode(
        errors="surrogatepass"
    )


@st.composite
def answers(draw: DrawFn, bodies: SearchStrategy[bytes]) -> Answer:
    body = draw(bodies)
    return Answer(draw(STATUSES), draw(HEADERS), draw(damaged(body)) if draw(st.integers(0, 3)) == 0 else body)


def documents(document: object) -> SearchStrategy[Answer]:
    return answers(st.one_of(mutated(document), mutated(document), mutated(ERROR_DOCUMENT)).map(write) | st.just(b""))


def compare(runner: asyncio.Runner, service: Service, call: Call, answer: Answer) -> tuple[Any, Any]:
    """Return what a call returns or raises for an answer, and what botocore makes of it."""
    service.http.answer = answer
    with time_limit():
        ours, botocores = runner.run(outcome(call.of(service))), runner.run(outcome(call.with_client(service)))
    if isinstance(botocores, Exception):
        assert isinstance(ours, Exception)
        if answer.status >= 300:
            assert type(ours) is type(botocores)
        if isinstance(botocores, ClientError) and isinstance(ours, ClientError):
            assert str(ours) == str(botocores).replace(" (reached max retries: 0)", "")
            assert ours.response.get("Error") == botocores.response.get("Error")
    return ours, botocores


@pytest.mark.timeout(0)
@given(answers(batch_xml() | error_xml()))
def test_each_response_of_sns_is_read_as_botocore_does(
    services: tuple[dict[str, Service], asyncio.Runner], answer: Answer
) -> None:
    call = Call("publish", (["a", "b", "c"],))
    assume(not has_repetitions(answer.body))
    ours, botocores = compare(services[1], services[0][""], call, answer)
    assert isinstance(ours, Exception) == isinstance(botocores, Exception)
    assert isinstance(ours, Exception) or ours == botocores


def has_repetitions(body: bytes) -> bool:
    """Return whether an element has a field twice, which botocore takes for a list: SNS sends no such thing."""
    try:
        # As botocore does, whatever encoding the document declares.
        elements = list(ET.fromstring(body, ET.XMLParser(encoding="utf-8")).iter())  # noqa: S314  # from above
    except ET.ParseError:
        return False
    names = [[child.tag.rpartition("}")[2] for child in element] for element in elements]
    return any(children.count(name) > 1 for children in names for name in _NAMES if name not in ("member", "New"))


@pytest.mark.timeout(0)
@given(documents(BATCH_DOCUMENT), st.sampled_from([("delete",), ("change_visibility", 9)]))
def test_each_response_to_a_batch_of_sqs_is_read_as_botocore_does(
    services: tuple[dict[str, Service], asyncio.Runner], answer: Answer, call: tuple[str, *tuple[int, ...]]
) -> None:
    name, *rest = call
    check_json(services, Call(name, (["a", "b", "c"], *rest)), answer)


@pytest.mark.timeout(0)
@given(documents(RECEIVE_DOCUMENT))
def test_each_received_message_is_read_as_botocore_does(
    services: tuple[dict[str, Service], asyncio.Runner], answer: Answer
) -> None:
    check_json(services, Call("receive", (10,)), answer)


def check_json(services: tuple[dict[str, Service], asyncio.Runner], call: Call, answer: Answer) -> None:
    ours, botocores = compare(services[1], services[0][""], call, answer)
    if isinstance(ours, Exception) and not isinstance(botocores, Exception):
        # msgspec takes no names of fields with lone surrogates.
        assert isinstance(ours, UnicodeEncodeError) or has_no_lists(answer.body)
    else:
        assert isinstance(ours, Exception) or ours == botocores


def has_no_lists(body: bytes) -> bool:
    """Return whether a body is not JSON, or has something else in the place of a list: botocore finds nothing in it."""
    try:
        document = json.loads(body.decode())
    except ValueError:
        return True
    return any(not isinstance(document.get(name), list | None) for name in ("Successful", "Failed", "Messages"))
