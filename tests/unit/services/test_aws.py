import pytest
from botocore.exceptions import ClientError

from orders.aws import Failure, batch_results, create_client
from tests.unit.services.stub_aws import StubAws, sqs_error, sqs_response


def test_each_entry_has_its_result() -> None:
    response = {
        "Successful": [{"Id": "2"}, {"Id": "0"}],
        "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}],
    }
    assert batch_results(response, 3) == [None, Failure("InternalError", sender_fault=False), None]


def test_an_entry_that_the_response_does_not_mention_has_failed() -> None:
    assert batch_results({}, 1) == [Failure("NoAnswer", sender_fault=False)]


async def test_a_client_uses_the_endpoint_of_the_environment(stub_aws: StubAws) -> None:
    stub_aws.responses["ListQueues"] = lambda: sqs_response({"QueueUrls": ["http://q/1"]})
    async with create_client("sqs", region_name="us-west-2", max_pool_connections=1, read_timeout=5) as client:
        assert (await client.list_queues())["QueueUrls"] == ["http://q/1"]


async def test_a_client_does_not_retry(stub_aws: StubAws) -> None:
    stub_aws.responses["ListQueues"] = lambda: sqs_error("InternalFailure", 500)
    async with create_client("sqs", region_name="us-west-2", max_pool_connections=1, read_timeout=5) as client:
        with pytest.raises(ClientError):
            await client.list_queues()
    assert len(stub_aws.requests) == 1
