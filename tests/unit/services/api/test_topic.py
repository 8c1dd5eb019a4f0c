from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientConnectionError
from botocore.exceptions import ClientError

from orders.api.topic import SnsTopic
from orders.aws import Failure, create_client
from tests.unit.services.stub_aws import StubAws, sns_error, sns_response

ARN = "arn:aws:sns:us-west-2:000000000000:orders"


@pytest_asyncio.fixture
async def topic(stub_aws: StubAws) -> AsyncIterator[SnsTopic]:
    assert stub_aws.url
    async with create_client("sns", region_name="us-west-2", max_pool_connections=1, read_timeout=5) as client:
        yield SnsTopic(client, ARN)


async def test_messages_are_published_unchanged_in_one_call(stub_aws: StubAws, topic: SnsTopic) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0", "1"], [])
    assert await topic.publish([b'{"a": 1}', '{"b": "ü"}'.encode()]) == [None, None]
    (request,) = stub_aws.requests_for("PublishBatch")
    entries = {name: value for name, value in request.items() if name.startswith("PublishBatch")}
    assert request["TopicArn"] == ARN
    assert entries == {
        "PublishBatchRequestEntries.member.1.Id": "0",
        "PublishBatchRequestEntries.member.1.Message": '{"a": 1}',
        "PublishBatchRequestEntries.member.2.Id": "1",
        "PublishBatchRequestEntries.member.2.Message": '{"b": "ü"}',
    }


async def test_each_message_has_its_result(stub_aws: StubAws, topic: SnsTopic) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(
        ["1"], [("0", "InternalError", False), ("2", "InvalidParameter", True)]
    )
    assert await topic.publish([b"a", b"b", b"c"]) == [
        Failure("InternalError", sender_fault=False),
        None,
        Failure("InvalidParameter", sender_fault=True),
    ]


@pytest.mark.parametrize("code", ["Throttled", "ThrottlingException", "RequestThrottled", "TooManyRequestsException"])
async def test_a_throttled_message_can_be_retried(stub_aws: StubAws, topic: SnsTopic, code: str) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response([], [("0", code, True)])
    assert await topic.publish([b"a"]) == [Failure(code, sender_fault=False)]


@pytest.mark.parametrize(("code", "status"), [("NotFound", 404), ("Throttled", 429), ("InternalError", 500)])
async def test_a_failed_call_raises(stub_aws: StubAws, topic: SnsTopic, code: str, status: int) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_error(code, status)
    with pytest.raises(ClientError, match=code):
        await topic.publish([b"a"])


async def test_a_refused_connection_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in StubAws(url="http://127.0.0.1:1").environment.items():
        monkeypatch.setenv(name, value)
    async with create_client("sns", region_name="us-west-2", max_pool_connections=1, read_timeout=5) as client:
        with pytest.raises(ClientConnectionError):
            await SnsTopic(client, ARN).publish([b"a"])
