import pytest
from botocore.exceptions import ClientError

from orders.aws import Failure, open_client, outcomes
from tests.unit.services.stub_aws import StubAws, sqs_answer, sqs_error


def test_outcomes_are_told_by_entry() -> None:
    response = {
        "Successful": [{"Id": "2"}, {"Id": "0"}],
        "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}],
    }
    assert outcomes(response, 3) == [None, Failure("InternalError", sender_fault=False), None]


def test_an_entry_without_an_answer_has_failed() -> None:
    assert outcomes({}, 1) == [Failure("NoAnswer", sender_fault=False)]


async def test_a_client_follows_the_sdks_variables(stub_aws: StubAws) -> None:
    stub_aws.answers["ListQueues"] = lambda: sqs_answer({"QueueUrls": ["http://q/1"]})
    async with open_client("sqs", region="us-west-2", max_pool_connections=1, read_timeout=5) as client:
        assert (await client.list_queues())["QueueUrls"] == ["http://q/1"]


async def test_a_client_retries_nothing(stub_aws: StubAws) -> None:
    stub_aws.answers["ListQueues"] = lambda: sqs_error("InternalFailure", 500)
    async with open_client("sqs", region="us-west-2", max_pool_connections=1, read_timeout=5) as client:
        with pytest.raises(ClientError):
            await client.list_queues()
    assert len(stub_aws.asked) == 1
