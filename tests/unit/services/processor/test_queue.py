from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from botocore.exceptions import ClientError

from orders.aws import Failure, create_client
from orders.processor.queue import Message, SqsQueue
from tests.unit.services.stub_aws import StubAws, sqs_error, sqs_response

URL = "http://sqs.us-west-2.localhost/000000000000/orders"
BATCH_RESPONSE = {
    "Successful": [{"Id": "1"}],
    "Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}],
}


@pytest_asyncio.fixture
async def queue(stub_aws: StubAws) -> AsyncIterator[SqsQueue]:
    assert stub_aws.url
    async with create_client("sqs", region_name="us-west-2", max_pool_connections=2, read_timeout=5) as client:
        yield SqsQueue(client, client, URL, visibility_timeout=45)


async def test_messages_are_received_in_one_call(stub_aws: StubAws, queue: SqsQueue) -> None:
    stub_aws.responses["ReceiveMessage"] = lambda: sqs_response(
        {
            "Messages": [
                {"MessageId": "m", "ReceiptHandle": "r", "Body": "b", "Attributes": {"ApproximateReceiveCount": "3"}}
            ]
        }
    )
    assert await queue.receive(7) == [Message("m", "r", "b", receive_count=3)]
    assert stub_aws.requests_for("ReceiveMessage") == [
        {
            "QueueUrl": URL,
            "MaxNumberOfMessages": 7,
            "VisibilityTimeout": 45,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        }
    ]


async def test_an_empty_queue_returns_no_messages(stub_aws: StubAws, queue: SqsQueue) -> None:
    stub_aws.responses["ReceiveMessage"] = lambda: sqs_response({})
    assert await queue.receive(10) == []


async def test_messages_are_deleted_in_one_call(stub_aws: StubAws, queue: SqsQueue) -> None:
    stub_aws.responses["DeleteMessageBatch"] = lambda: sqs_response(BATCH_RESPONSE)
    assert await queue.delete(["a", "b"]) == [Failure("ReceiptHandleIsInvalid", sender_fault=True), None]
    assert stub_aws.requests_for("DeleteMessageBatch") == [
        {"QueueUrl": URL, "Entries": [{"Id": "0", "ReceiptHandle": "a"}, {"Id": "1", "ReceiptHandle": "b"}]}
    ]


async def test_visibility_is_changed_in_one_call(stub_aws: StubAws, queue: SqsQueue) -> None:
    stub_aws.responses["ChangeMessageVisibilityBatch"] = lambda: sqs_response(BATCH_RESPONSE)
    assert await queue.change_visibility(["a", "b"], 9) == [Failure("ReceiptHandleIsInvalid", sender_fault=True), None]
    assert stub_aws.requests_for("ChangeMessageVisibilityBatch") == [
        {
            "QueueUrl": URL,
            "Entries": [
                {"Id": "0", "ReceiptHandle": "a", "VisibilityTimeout": 9},
                {"Id": "1", "ReceiptHandle": "b", "VisibilityTimeout": 9},
            ],
        }
    ]


async def test_a_missing_queue_raises(stub_aws: StubAws, queue: SqsQueue) -> None:
    stub_aws.responses["ReceiveMessage"] = lambda: sqs_error("QueueDoesNotExist")
    with pytest.raises(ClientError, match="QueueDoesNotExist"):
        await queue.receive(1)
